import type { Knex } from 'knex';

/** Where the conditional references led that filters of an export ask for (ADR 0027). */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table sluice.exports add column aliases jsonb;
    comment on column sluice.exports.aliases is 'By Type/id of what the filters ask for references to: the searches that led there at transactionTime.';
  `);
}
