import type { Knex } from 'knex';
import pg from 'pg';
import * as resourceStore from './migrations/0001-resource-store.ts';
import * as exportTables from './migrations/0002-exports.ts';
import * as partsByChanges from './migrations/0003-parts-by-changes.ts';
import * as replicaReads from './migrations/0004-replica-reads.ts';
import * as fasterWrites from './migrations/0005-faster-writes.ts';
import * as selection from './migrations/0006-selection.ts';
import * as stages from './migrations/0007-stages.ts';
import * as referencesByResource from './migrations/0008-references-by-resource.ts';
import * as authorization from './migrations/0009-authorization.ts';
import * as clientGenerations from './migrations/0010-client-generations.ts';
import * as exportPatients from './migrations/0012-export-patients.ts';
import * as settledTime from './migrations/0014-settled-time.ts';
import * as deployment from './migrations/0016-deployment.ts';
import * as references from './migrations/0020-references.ts';
import * as partTries from './migrations/0021-part-tries.ts';
import * as binaries from './migrations/0022-binaries.ts';
import * as filterAliases from './migrations/0024-filter-aliases.ts';

interface Migration {
  readonly name: string;
  up(knex: Knex): Promise<void>;
}

/** In order; a migration that has shipped is never edited. */
const migrations: readonly Migration[] = [
  { name: '0001-resource-store', ...resourceStore },
  { name: '0002-exports', ...exportTables },
  { name: '0003-parts-by-changes', ...partsByChanges },
  { name: '0004-replica-reads', ...replicaReads },
  { name: '0005-faster-writes', ...fasterWrites },
  { name: '0006-selection', ...selection },
  { name: '0007-stages', ...stages },
  { name: '0008-references-by-resource', ...referencesByResource },
  { name: '0009-authorization', ...authorization },
  { name: '0010-client-generations', ...clientGenerations },
  { name: '0012-export-patients', ...exportPatients },
  { name: '0014-settled-time', ...settledTime },
  { name: '0016-deployment', ...deployment },
  { name: '0020-references', ...references },
  { name: '0021-part-tries', ...partTries },
  { name: '0022-binaries', ...binaries },
  { name: '0024-filter-aliases', ...filterAliases },
];

/** Name of the newest migration: what a process expects of the database. */
export const schemaVersion = migrations.at(-1)?.name ?? '';

/** How far a database is brought. */
export interface MigrateOptions {
  /** Name of the last migration to run, which gives the schema of an older release. Default: all. */
  readonly upTo?: string;
}

function migrationSource({
  upTo = schemaVersion,
}: MigrateOptions): Knex.MigrationSource<Migration> {
  return {
    getMigrations: () => Promise.resolve(migrations.filter(({ name }) => name <= upTo)),
    getMigrationName: (migration) => migration.name,
    getMigration: (migration) =>
      Promise.resolve({
        up: (knex: Knex) => migration.up(knex),
        down: () => Promise.reject(new Error('Migrations go forward only.')),
      }),
  };
}

/**
 * Brings the schema `sluice` up to date; each migration in a transaction of its own. Harmless when
 * it already is, and when several processes do it at once: they take turns by an advisory lock,
 * which also makes it safe to clear the lock row that a killed migrator left behind. The lock is one of a
 * transaction: a pooler would keep one of a session, and with it everybody else from ever having a turn.
 *
 * @returns the names of the migrations that were run
 */
export async function migrate(
  databaseUrl: string,
  options: MigrateOptions = {},
): Promise<string[]> {
  // Only loaded by who migrates: it takes 10 MB, and every worker and API would have them to the end.
  const { default: makeKnex } = await import('knex');
  const turn = new pg.Client({ connectionString: databaseUrl, application_name: 'sluice-migrate' });
  await turn.connect();
  const knex = makeKnex({ client: 'pg', connection: databaseUrl, pool: { min: 0, max: 2 } });
  try {
    await turn.query('begin');
    await turn.query('set local idle_in_transaction_session_timeout = 0');
    await turn.query(`select pg_advisory_xact_lock(hashtext('sluice.migrate'))`);
    await knex.raw('create schema if not exists sluice');
    const config = {
      migrationSource: migrationSource(options),
      schemaName: 'sluice',
      tableName: 'migrations',
    };
    await knex.migrate.forceFreeMigrationsLock(config);
    const [, names] = (await knex.migrate.latest(config)) as [number, string[]];
    await turn.query('commit');
    return names;
  } finally {
    await knex.destroy();
    await turn.end();
  }
}
