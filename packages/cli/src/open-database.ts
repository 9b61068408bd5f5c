import { findRunning, lockDataDir, startPostgres } from '@sluice/embedded';
import { createPool, migrate, type Pool } from '@sluice/postgres';
import { writeNote } from './output.ts';
import type { Environment } from './settings.ts';

/** Which database a command works on. */
export interface DatabaseChoice {
  readonly environment: Environment;
  readonly dataDir: string;
  /** What the lock of the data directory says meanwhile, e.g. `load`. */
  readonly purpose: string;
}

/**
 * Runs `work` on DATABASE_URL, else on the data directory's own Postgres: the one that runs, or one started for as
 * long as it takes.
 */
export async function withDatabase<T>(
  choice: DatabaseChoice,
  work: (databaseUrl: string) => Promise<T>,
): Promise<T> {
  const { environment, dataDir, purpose } = choice;
  const given = environment['DATABASE_URL'];
  if (given !== undefined) return await work(given);
  const running = await findRunning(dataDir);
  if (running !== undefined) return await work(running.databaseUrl);
  const lock = await lockDataDir(dataDir, { purpose });
  try {
    writeNote(`Starting Postgres in ${dataDir} for the duration …`);
    const postgres = await startPostgres({ dataDir });
    try {
      return await work(postgres.url);
    } finally {
      await postgres.stop();
    }
  } finally {
    await lock.release();
  }
}

/** As `withDatabase`, migrated and with a pool. */
export async function withStore<T>(
  choice: DatabaseChoice,
  work: (pool: Pool) => Promise<T>,
): Promise<T> {
  return await withDatabase(choice, async (databaseUrl) => {
    await migrate(databaseUrl);
    const pool = createPool(databaseUrl, { max: 4, applicationName: `sluice-${choice.purpose}` });
    try {
      return await work(pool);
    } finally {
      await pool.end();
    }
  });
}
