import type { Knex } from 'knex';

/**
 * Whose an export is: a client's id and its generation, since an id can be registered again, for somebody else. Exports that are there
 * belong to the clients that are registered.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table sluice.clients add column generation uuid not null default gen_random_uuid();
    alter table sluice.exports add column client_generation uuid;
    update sluice.exports as e set client_generation = c.generation
      from sluice.clients as c where e.client = c.id and e.subject = c.id;
  `);
}
