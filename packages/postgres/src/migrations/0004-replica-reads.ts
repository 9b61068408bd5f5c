import type { Knex } from 'knex';

/** How far a replica must have replayed before parts of an export may be read from it. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table sluice.exports add column readable_at pg_lsn');
}
