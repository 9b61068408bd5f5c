import type { Knex } from 'knex';

/** Parts that find their rows by last_updated. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table sluice.parts drop constraint parts_access_check;
    alter table sluice.parts add constraint parts_access_check
      check (access in ('range','changes','members','shared','notices'));
  `);
}
