import type { Knex } from 'knex';

/** Which deployment this is: Redis and storage belong to one alone. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table sluice.deployment (
      is_only boolean primary key default true check (is_only),
      id      uuid    not null default gen_random_uuid()
    );
    insert into sluice.deployment default values;
  `);
}
