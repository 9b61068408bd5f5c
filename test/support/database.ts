import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { createPool, renewDeploymentId, sqlState, type Pool } from '@sluice/postgres';
import { patiently } from './patience.ts';

/** A migrated database of a test's own. */
export interface TestDatabase {
  readonly url: string;
  /** For processes under test: by way of the pooler, where there is one. */
  readonly serviceUrl: string;
  readonly pool: Pool;
  /** Ends the pool and removes the database, whoever is still connected. */
  drop(): Promise<void>;
}

/** `object_in_use`: somebody is connected to the template, if only to copy it. */
const inUse = '55006';

/** Creates a database from the migrated template. */
export async function createDatabase(): Promise<TestDatabase> {
  const template = setting('SLUICE_TEST_TEMPLATE');
  const name = `sluice_test_${randomBytes(6).toString('hex')}`;
  await administer(async (admin) => {
    for (const end = Date.now() + patiently(60_000); ;) {
      try {
        await admin.query(`create database ${name} with template ${template}`);
        return;
      } catch (error) {
        if (sqlState(error) !== inUse || Date.now() > end) throw error;
      }
      await wait(100);
    }
  });
  const url = withDatabase(setting('SLUICE_TEST_POSTGRES'), name);
  const pool = createPool(url, { max: 8, applicationName: 'sluice-test' });
  // The template's id came with the copy.
  await renewDeploymentId(pool);
  const pooler = process.env['SLUICE_TEST_POOLER'];
  return {
    url,
    serviceUrl: pooler === undefined ? url : withDatabase(pooler, name),
    pool,
    drop: async () => {
      await pool.end();
      await administer((admin) => admin.query(`drop database if exists ${name} with (force)`));
    },
  };
}

/** The URL of another database on the same server. */
export function withDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

async function administer(work: (admin: Pool) => Promise<unknown>): Promise<void> {
  const admin = createPool(setting('SLUICE_TEST_POSTGRES'), { max: 1 });
  try {
    await work(admin);
  } finally {
    await admin.end();
  }
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: no global set-up ran`);
  return value;
}
