import { patientCompartmentTypes, resourceTypes } from '@sluice/fhir';

const compartmentTypes = list(patientCompartmentTypes);

/** Types as an SQL array. */
function list(types: Iterable<string>): string {
  return `array[${[...types].map((type) => `'${type}'`).join(',')}]`;
}

/**
 * The writers' contract with three columns more. A batch without references does no more than before;
 * one with references adds what the set does not have yet, in the order of its key, so that those who
 * write at once wait for each other and do not deadlock.
 */
export const writing = `
  create function sluice.in_compartment(of_type text) returns boolean
    language sql immutable parallel safe
    return of_type = any (${compartmentTypes});

  -- Whether the text of a resource refers to another; true as well where escapes may hide that it does.
  create function sluice.may_name(body text, type text, id text) returns boolean
    language sql immutable parallel safe
    return strpos(replace(body, '\\/', '/'), type || '/' || id || '"') > 0
        or strpos(replace(body, '\\/', '/'), type || '/' || id || '/_history/') > 0
        or (strpos(body, '\\u00') > 0 and body ~ '\\\\u00(2[dDeEfF]|3[0-9]|[4-7])');

  create or replace function sluice.ensure_partition(of_type text) returns void
    language plpgsql as $body$
  declare
    base text := 'resources_' || lower(of_type);
  begin
    if of_type <> all (${list(resourceTypes)}) then
      raise exception 'not a resource type of FHIR R4: %', of_type using errcode = '22023';
    end if;
    if not sluice.has_partition(base) then
      perform pg_advisory_xact_lock(hashtext('sluice.ensure_partition'), hashtext(of_type));
    end if;
    if sluice.has_partition(base) then
      -- A lock that is new to this transaction makes the session hear of partitions made meanwhile.
      execute format('lock table only sluice.%I in access share mode', base);
      return;
    end if;
    execute format('create table sluice.%I (like sluice.resources including defaults including constraints)
                    partition by list (is_current)', base);
    execute format('create table sluice.%I partition of sluice.%I for values in (true)
                    with (toast_tuple_target = 8160, autovacuum_analyze_scale_factor = 0.05)',
                   base || '_current', base);
    execute format('create table sluice.%I partition of sluice.%I for values in (false)
                    with (toast_tuple_target = 8160)', base || '_history', base);
    execute format('create unique index on sluice.%I (id)', base || '_current');
    execute format('create index on sluice.%I (seq)', base || '_current');
    execute format('create index on sluice.%I (patient, seq) where patient is not null', base || '_current');
    execute format('create index on sluice.%I (last_updated)', base || '_current');
    execute format('create index on sluice.%I (seq) where deleted', base || '_current');
    execute format('create index on sluice.%I (seq)', base || '_history');
    execute format('create index on sluice.%I (superseded_at)', base || '_history');
    execute format('create index on sluice.%I (id, seq)', base || '_history');
    execute format('create index on sluice.%I (patient, seq) where patient is not null', base || '_history');
    execute format('alter table sluice.resources attach partition sluice.%I for values in (%L)', base, of_type);
  end
  $body$;

  create or replace function sluice.begin_write() returns timestamptz
    language plpgsql as $body$
  declare
    stamp timestamptz := nullif(current_setting('sluice.write_stamp', true), '')::timestamptz;
  begin
    if stamp is null then
      lock table only sluice.resources in row exclusive mode;
      stamp := clock_timestamp();
      perform set_config('sluice.write_stamp', stamp::text, true);
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

  -- Stores staged resources of a type against what is present of them: see merge_staged.
  create or replace function sluice.replace_staged(of_type text, stamp timestamptz) returns void
    language plpgsql as $body$
  begin
    execute format($sql$
      with present as materialized (
        select c.seq, c.id, c.version_id, c.stored_at, c.last_updated, c.deleted, c.patient, c.shared, c.body
          from sluice.resources c
         where c.type = %1$L and c.is_current
           and c.id in (select id from staged_resources where type = %1$L)
         order by c.id
           for update
      )
      insert into staged_changes (line, stamp, version_id, replaces, patient, shared)
      select s.line,
             greatest($1, p.stored_at + interval '1 microsecond'),
             coalesce(s.version_id, sluice.next_version(p.version_id)),
             p.seq,
             p.patient,
             p.shared
        from staged_resources s
        left join present p using (id)
       where s.type = %1$L
         and case when s.deleted then p.seq is not null and not p.deleted
                  when p.seq is null or p.deleted then true
                  else p.body <> sluice.spliced(s.head, s.splice, s.tail, p.version_id, p.last_updated)
             end
    $sql$, of_type) using stamp;
    execute format($sql$
      update sluice.resources r
         set superseded_at = c.stamp, is_current = false
        from staged_changes c
       where r.type = %1$L and r.is_current and r.seq = c.replaces
    $sql$, of_type);
    perform sluice.mark_stale(of_type);
    execute format($sql$
      with written as (
        insert into sluice.resources
               (last_updated, stored_at, deleted, shared, body, type, id, version_id, patient)
        select case when s.deleted then c.stamp else coalesce(s.last_updated, c.stamp) end,
               c.stamp,
               s.deleted,
               case when s.deleted then c.shared else cardinality(s.patients) > 1 end,
               case when s.deleted then ''
                    else sluice.spliced(s.head, s.splice, s.tail, c.version_id, coalesce(s.last_updated, c.stamp)) end,
               %1$L, s.id, c.version_id,
               case when s.deleted then c.patient else s.patients[1] end
          from staged_resources s join staged_changes c using (line)
         where s.type = %1$L
         order by s.line
        returning seq, id, shared
      )
      insert into sluice.resource_patients (type, patient, seq)
      select %1$L, o.patient, w.seq
        from written w
        join staged_resources s on s.type = %1$L and s.id = w.id
        join staged_changes c using (line)
       cross join lateral (
               select unnest(s.patients[2:]) as patient where not s.deleted
               union
               select p.patient from sluice.resource_patients p where s.deleted and p.seq = c.replaces
             ) o
       where w.shared
    $sql$, of_type);
  end
  $body$;

  -- Marks the references that ended with the versions of a type that were superseded just now: those
  -- that the old version made, for a patient of its, and the new one does not. Another resource may
  -- still make them. Rows are found by their key, whatever the planner thinks of temporary tables.
  create function sluice.mark_stale(of_type text) returns void
    language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $body$
  declare
    made_by_patients boolean := sluice.in_compartment(of_type);
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
    $sql$, of_type) using made_by_patients;
  end
  $body$;

  -- Adds the references of the resources that were stored just now: all of the types in fresh, and
  -- the lines in staged_changes. A row that is there with a later stamp was added by a writer that
  -- began later and committed sooner; the reference holds from the earlier one.
  create function sluice.add_references(fresh text[], began timestamptz) returns void
    language plpgsql as $body$
  begin
      insert into sluice.supporting_references as known (from_type, from_id, target_type, target_id, stored_at)
      select n.type, n.from_id, split_part(n.target, '/', 1), split_part(n.target, '/', 2), n.stored_at
        from (select s.type, o.from_id, t.target, min(coalesce(c.stamp, began)) as stored_at
                from staged_resources s
                left join staged_changes c using (line)
               cross join unnest(case when sluice.in_compartment(s.type) then s.patients else array[s.id] end) as o (from_id)
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

  -- Adds what the present versions of staged Provenance resources are about.
  create function sluice.add_provenance_targets() returns void
    language plpgsql as $body$
  begin
      insert into sluice.provenance_targets (seq, target_type, target_id, recorded)
      select p.seq, split_part(t.target, '/', 1), split_part(t.target, '/', 2), p.recorded
        from (select s.targets, s.recorded,
                     (select r.seq from sluice.resources r
                       where r.type = 'Provenance' and r.is_current and r.id = s.id) as seq
                from staged_resources s
               where s.type = 'Provenance' and not s.deleted) p
       cross join unnest(p.targets) as t (target)
          on conflict do nothing;
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
    end loop;
    if exists (select from staged_resources where supporting <> '{}') then
      perform sluice.add_references(fresh, began);
    end if;
    if exists (select from staged_resources where targets <> '{}') then
      perform sluice.add_provenance_targets();
    end if;
    select stored + count(*) filter (where not s.deleted), count(*) filter (where s.deleted)
      into stored, removed
      from staged_changes c join staged_resources s using (line);
    unchanged := unchanged - stored - removed;
    truncate staged_resources, staged_changes;
  end
  $body$;
`;
