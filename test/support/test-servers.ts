import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeDataDir, startPostgres, startRedis } from '@sluice/embedded';
import { createPool, migrate } from '@sluice/postgres';
import { startPgbouncer } from '../pgbouncer/pgbouncer.ts';
import { withDatabase } from './database.ts';

/** What all test files of a run share. */
export interface TestServers {
  stop(): Promise<void>;
}

/** Nothing of a test survives the run, so nothing has to reach the disk. */
const settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '128MB',
  max_connections: '300',
};

/**
 * Starts Postgres and Redis, unless SLUICE_TEST_DATABASE_URL / SLUICE_TEST_REDIS_URL, or else
 * DATABASE_URL / REDIS_URL, name some; migrates a template database; and says in the environment,
 * which every test file inherits, where they are. With SLUICE_TEST_PGBOUNCER=true processes under test
 * have a pgbouncer before their Postgres.
 */
export async function startTestServers(): Promise<TestServers> {
  const { env } = process;
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const next of stops.splice(0).reverse()) await next();
  };
  try {
    let databaseUrl = env['SLUICE_TEST_DATABASE_URL'] || env['DATABASE_URL'];
    let redisUrl = env['SLUICE_TEST_REDIS_URL'] || env['REDIS_URL'];
    const dataDir = await mkdtemp(join(tmpdir(), 'sluice-servers-'));
    stops.push(() => removeDataDir(dataDir));
    // So that the user who runs Postgres when we are root can enter it.
    await chmod(dataDir, 0o711);
    if (!databaseUrl) {
      const postgres = await startPostgres({ dataDir, settings });
      stops.push(() => postgres.stop());
      databaseUrl = postgres.url;
    }
    if (!redisUrl) {
      const redis = await startRedis({ dataDir });
      stops.push(() => redis.stop());
      redisUrl = redis.url;
    }
    const template = `sluice_template_${randomBytes(4).toString('hex')}`;
    await runStatement(databaseUrl, `create database ${template}`);
    const url = databaseUrl;
    stops.push(() => runStatement(url, `drop database if exists ${template} with (force)`));
    await migrate(withDatabase(databaseUrl, template));
    if (env['SLUICE_TEST_PGBOUNCER'] === 'true') {
      const pooler = await startPgbouncer(databaseUrl, dataDir);
      stops.push(() => pooler.stop());
      env['SLUICE_TEST_POOLER'] = pooler.url;
    }
    env['SLUICE_TEST_POSTGRES'] = databaseUrl;
    env['SLUICE_TEST_TEMPLATE'] = template;
    env['SLUICE_TEST_REDIS'] = redisUrl;
    env['DATABASE_URL'] = databaseUrl;
    env['REDIS_URL'] = redisUrl;
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function runStatement(databaseUrl: string, statement: string): Promise<void> {
  const pool = createPool(databaseUrl, { max: 1 });
  try {
    await pool.query(statement);
  } finally {
    await pool.end();
  }
}
