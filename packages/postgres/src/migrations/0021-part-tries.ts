import type { Knex } from 'knex';

/** Why parts were tried again, and how often a plan was begun: what never ends well is given up. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table sluice.parts
      -- Faults that pass by themselves.
      add column retries integer not null default 0,
      -- Faults of which nobody can say whether they pass.
      add column faults  integer not null default 0,
      -- Claims whose lease lapsed: the worker was killed, or cut off.
      add column losses  integer not null default 0;
    alter table sluice.exports
      add column plans_begun integer not null default 0;
  `);
}
