import type { Knex } from 'knex';
import { existingRows } from './0006-selection-existing.ts';
import { writing } from './0006-selection-writing.ts';

/**
 * What the selection of resources needs: who refers to which resource outside the compartment, what a
 * Provenance is about, history that is found by patient and by version and may be purged, and what
 * exports note of it. Writers of the contract as it was go on working.
 */
export async function up(knex: Knex): Promise<void> {
  // Readers go on. Writers wait, so that no row escapes the look at those that are there.
  await knex.raw('lock table sluice.resources in share row exclusive mode');
  await knex.raw(references);
  await knex.raw(history);
  await knex.raw(writing);
  await knex.raw(existingRows);
  // At the end, since they keep running exports waiting.
  await knex.raw(exportTables);
}

const references = `
  -- Which resources outside the Patient compartment are referred to, as a set that only grows: by a
  -- patient's resources of a type (from_id is the patient), or by a resource outside the compartment
  -- itself. The reference was made at stored_at, and holds ever since unless the row is stale.
  create table sluice.supporting_references (
    from_type   text        not null,
    from_id     text        not null,
    target_type text        not null,
    target_id   text        not null,
    stored_at   timestamptz not null,
    stale       boolean     not null default false,
    primary key (from_type, from_id, target_type, target_id)
  );
  create index supporting_references_target on sluice.supporting_references (target_type, target_id);

  comment on column sluice.supporting_references.stale is
    'A version that made the reference was superseded by one that does not: whether another still does is to be looked up.';

  -- What each version of a Provenance is about.
  create table sluice.provenance_targets (
    seq         bigint not null,
    target_type text   not null,
    target_id   text   not null,
    recorded    timestamptz,
    primary key (seq, target_type, target_id)
  );
  create index provenance_targets_target on sluice.provenance_targets (target_type, target_id);
`;

const history = `
  -- One row: everything superseded after this instant is still there.
  create table sluice.history_kept_since (at timestamptz not null);
  insert into sluice.history_kept_since (at) values ('-infinity');

  do $body$
  declare
    leaf text;
  begin
    for leaf in
      select c.relname
        from pg_partition_tree('sluice.resources') t join pg_class c on c.oid = t.relid
       where t.isleaf and c.relname like '%\\_history'
    loop
      execute format('create index on sluice.%I (patient, seq) where patient is not null', leaf);
      execute format('create index on sluice.%I (id, seq)', leaf);
      execute format('drop index if exists sluice.%I', leaf || '_id_idx');
    end loop;
  end
  $body$;
`;

const exportTables = `
  alter table sluice.parts
    add column stage    smallint not null default 1,
    add column left_out bigint   not null default 0,
    drop constraint parts_access_check,
    add constraint parts_access_check
      check (access in ('range','changes','members','shared','notices',
                        'select-supporting','supporting','provenance','tombstones'));
  comment on column sluice.parts.stage is 'Parts of a stage are claimed once those of the stage before are completed.';
  comment on column sluice.parts.left_out is 'Rows that were read and not written.';

  alter table sluice.export_members add column is_new boolean not null default false;
  comment on column sluice.export_members.is_new is 'Joined after _since, so that age does not matter.';

  -- Resources outside the compartment that go along with an export, whether they are there or not.
  create table sluice.export_supporting (
    export_id uuid    not null references sluice.exports on delete cascade,
    type      text    not null,
    id        text    not null,
    primary key (export_id, type, id)
  );

  -- What parts with a filter wrote, for stages that go by it.
  create table sluice.export_selected (
    export_id uuid not null references sluice.exports on delete cascade,
    type      text not null,
    id        text not null,
    primary key (export_id, type, id)
  );
`;
