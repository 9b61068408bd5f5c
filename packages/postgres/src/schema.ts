import { schemaVersion } from './migrate.ts';
import type { Queryable } from './pool.ts';
import { sqlState } from './sql-state.ts';

/** The database is reachable, but its schema is not the one this program needs. */
export class SchemaError extends Error {
  readonly code = 'schema-mismatch';
}

/** Checks that the database is there and migrated. @throws SchemaError, or the connection's error */
export async function checkSchema(db: Queryable): Promise<void> {
  const { rows } = await db
    .query<{ name: string }>('select name from sluice.migrations where name >= $1', [schemaVersion])
    .catch((error: unknown) => {
      if (['42P01', '3F000'].includes(sqlState(error))) return { rows: [] };
      throw error;
    });
  if (!rows.some((row) => row.name === schemaVersion)) {
    throw new SchemaError('The database is not migrated: run `sluice migrate`.');
  }
}

/**
 * Checks that the database takes writes. Changes nothing, and a server that takes none refuses it all the same.
 *
 * @throws what Postgres says, such as SQLSTATE 25006
 */
export async function checkWritable(db: Queryable): Promise<void> {
  await db.query('update sluice.housekeeping set ran_at = ran_at where false');
}

/** Secret of this deployment for signing file URLs; the same for every API replica. */
export async function readUrlKey(db: Queryable): Promise<Buffer> {
  const { rows } = await db.query<{ value: Buffer }>(
    `select value from sluice.secrets where name = 'file-url-key'`,
  );
  if (!rows[0]) throw new SchemaError('The secret file-url-key is missing from sluice.secrets.');
  return rows[0].value;
}
