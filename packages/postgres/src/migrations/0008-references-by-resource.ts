import type { Knex } from 'knex';
import { existingRows } from './0008-references-by-resource-existing.ts';

/**
 * What a Group or a Provenance refers to is noted by its own id, no longer by patient: which Groups an export holds, and
 * which Provenance, is not decided by the patients in it. Staging gets memory of its own.
 */
export async function up(knex: Knex): Promise<void> {
  // Readers go on. Writers wait, so that no row escapes the look at those that are there.
  await knex.raw('lock table sluice.resources in share row exclusive mode');
  await knex.raw(writing);
  await knex.raw(existingRows);
}

const writing = `
  comment on table sluice.supporting_references is
    'Which resources outside the Patient compartment are referred to: by a patient''s resources of a type (from_id is the patient), or by one resource (from_id is its own id): see referred_by_patient.';

  -- Whether references are noted by patient. Those of a Group or a Provenance are not: it may be
  -- told of for other reasons than the patients whose compartments it is in.
  create function sluice.referred_by_patient(of_type text) returns boolean
    language sql immutable parallel safe
    return sluice.in_compartment(of_type) and of_type not in ('Group', 'Provenance');

  create or replace function sluice.begin_write() returns timestamptz
    language plpgsql as $body$
  declare
    stamp timestamptz := nullif(current_setting('sluice.write_stamp', true), '')::timestamptz;
  begin
    if stamp is null then
      lock table only sluice.resources in row exclusive mode;
      stamp := clock_timestamp();
      perform set_config('sluice.write_stamp', stamp::text, true);
      begin
        -- A batch of the loader with its indexes, so that staging does not go through the disk.
        perform set_config('temp_buffers', '32MB', true);
      exception when invalid_parameter_value then
        null; -- The session has had temporary tables before; then it stays as it is.
      end;
      create temporary table staged_resources (
        line         integer primary key,
        type         text    not null,
        id           text    not null,
        deleted      boolean not null,
        version_id   text,
        last_updated timestamptz,
        splice       text    not null,
        head         text    not null,
        tail         text,
        patients     text[]  not null,
        supporting   text[]  not null default '{}',
        targets      text[]  not null default '{}',
        recorded     timestamptz,
        unique (type, id)
      ) with (toast_tuple_target = 8160) on commit drop;
      create temporary table staged_changes (
        line        integer     not null,
        stamp       timestamptz not null,
        version_id  text        not null,
        replaces    bigint,
        patient     text,
        shared      boolean
      ) on commit drop;
    end if;
    return stamp;
  end
  $body$;

  -- Marks the references that ended with the versions of a type that were superseded just now: those
  -- that the old version made, for a patient of its where they are noted by patient, and the new one
  -- does not. Another resource may still make them. Rows are found by their key, whatever the planner
  -- thinks of temporary tables.
  create or replace function sluice.mark_stale(of_type text) returns void
    language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $body$
  declare
    by_patient boolean := sluice.referred_by_patient(of_type);
  begin
    if not exists (select from sluice.supporting_references where from_type = of_type) then
      return;
    end if;
    execute format($sql$
      with ended as materialized (
        select f.from_id, f.target_type, f.target_id
          from staged_changes c
          join staged_resources s using (line)
          join sluice.resources r on r.type = %1$L and not r.is_current and r.seq = c.replaces
         cross join lateral (
                 select c.patient where $1 and c.patient is not null
                 union all
                 select p.patient from sluice.resource_patients p where $1 and c.shared and p.seq = c.replaces
                 union all
                 select s.id where not $1
               ) o (from_id)
          join sluice.supporting_references f on f.from_type = %1$L and f.from_id = o.from_id and not f.stale
         where s.type = %1$L
           and (s.deleted
                or f.target_type || '/' || f.target_id <> all (s.supporting)
                or ($1 and o.from_id <> all (s.patients)))
           and sluice.may_name(r.body, f.target_type, f.target_id)
         order by f.from_id, f.target_type, f.target_id
           for no key update of f
      )
      update sluice.supporting_references f
         set stale = true
        from ended e
       where f.from_type = %1$L and f.from_id = e.from_id
         and f.target_type = e.target_type and f.target_id = e.target_id
         and not f.stale
    $sql$, of_type) using by_patient;
  end
  $body$;

  -- Adds the references of the resources that were stored just now: all of the types in fresh, and
  -- the lines in staged_changes. A row that is there with a later stamp was added by a writer that
  -- began later and committed sooner; the reference holds from the earlier one.
  create or replace function sluice.add_references(fresh text[], began timestamptz) returns void
    language plpgsql as $body$
  begin
      insert into sluice.supporting_references as known (from_type, from_id, target_type, target_id, stored_at)
      select n.type, n.from_id, split_part(n.target, '/', 1), split_part(n.target, '/', 2), n.stored_at
        from (select s.type, o.from_id, t.target, min(coalesce(c.stamp, began)) as stored_at
                from staged_resources s
                left join staged_changes c using (line)
               cross join unnest(case when sluice.referred_by_patient(s.type) then s.patients else array[s.id] end) as o (from_id)
               cross join unnest(s.supporting) as t (target)
               where not s.deleted and (c.line is not null or s.type = any (fresh))
               group by s.type, o.from_id, t.target) n
             -- A subquery and no join: the set is looked into by its key, however large both are.
       where coalesce((select r.stored_at
                         from sluice.supporting_references r
                        where r.from_type = n.type and r.from_id = n.from_id
                          and r.target_type = split_part(n.target, '/', 1)
                          and r.target_id = split_part(n.target, '/', 2)), 'infinity') > n.stored_at
       order by n.type, n.from_id, split_part(n.target, '/', 1), split_part(n.target, '/', 2)
          on conflict (from_type, from_id, target_type, target_id)
          do update set stored_at = excluded.stored_at where known.stored_at > excluded.stored_at;
  end
  $body$;

  -- Stores what lies in staged_resources (after begin_write, in the same transaction) and empties
  -- it: a resource that differs from the present becomes a new version, its predecessor is
  -- superseded; deleted rows become tombstones. A row already stored is left alone. A stamp never
  -- runs behind the version it replaces, whatever the order in which writers began. Two that store
  -- the same new id at once collide in the unique index, whichever way they came.
  create or replace function sluice.merge_staged(out stored integer, out unchanged integer, out removed integer)
    language plpgsql as $body$
  declare
    began timestamptz := sluice.begin_write();
    fresh text[] := '{}';
    t text;
    any_present boolean;
    n bigint;
  begin
    if not exists (select from pg_attribute
                    where attrelid = 'pg_temp.staged_resources'::regclass and attname = 'recorded') then
      raise exception 'the store was migrated while this transaction began' using errcode = '40001';
    end if;
    stored := 0;
    unchanged := (select count(*) from staged_resources);
    removed := 0;
    for t in select distinct type from staged_resources order by type loop
      perform sluice.ensure_partition(t);
      execute format($sql$
        select exists (
          select from staged_resources s
            join sluice.resources c on c.type = %1$L and c.is_current and c.id = s.id
           where s.type = %1$L)
      $sql$, t) into any_present;
      if any_present then
        perform sluice.replace_staged(t, began);
      else
        n := sluice.insert_staged(t, began);
        stored := stored + n;
        fresh := fresh || t;
      end if;
      if t = 'Provenance' then
        perform sluice.add_provenance_targets();
      end if;
    end loop;
    if exists (select from staged_resources where supporting <> '{}') then
      perform sluice.add_references(fresh, began);
    end if;
    select stored + count(*) filter (where not s.deleted), count(*) filter (where s.deleted)
      into stored, removed
      from staged_changes c join staged_resources s using (line);
    unchanged := unchanged - stored - removed;
    truncate staged_resources, staged_changes;
  end
  $body$;
`;
