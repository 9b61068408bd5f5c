import type { Knex } from 'knex';

/** Parts in stages, and what parts and exports have to know of their members, targets and attachments. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- Parts that are completed when each stage is; parts are claimed stage by stage.
    alter table sluice.exports add column stage_ends integer[] not null default '{}';
    -- Members joined after _since, and are told of whole.
    alter table sluice.exports add column has_joined_members boolean not null default false;
    alter table sluice.parts add column attachments boolean not null default false;
    -- About how many resources it holds: small parts share a job.
    alter table sluice.parts add column expected bigint not null default 0;
    -- A patient who joined after _since refers to it: it is told whenever it changed.
    alter table sluice.export_supporting add column any_age boolean not null default false;
  `);
}
