import { resourceTypes } from '@sluice/fhir';
import type { Knex } from 'knex';

/** The resource store: versions, their partitions, the writers' contract, the readers' view. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create schema if not exists sluice;

    -- Order of storage: one number per version, the paging key of every read.
    create sequence sluice.resource_seq;

    -- Versions of resources. body is the first column of variable length, so that a scan finds it
    -- at a fixed offset; it is text, byte for byte what readers get.
    create table sluice.resources (
      seq           bigint      not null default nextval('sluice.resource_seq'),
      last_updated  timestamptz not null,
      stored_at     timestamptz not null,
      superseded_at timestamptz not null default 'infinity',
      is_current    boolean     not null default true,
      deleted       boolean     not null default false,
      shared        boolean     not null default false,
      body          text        not null,
      type          text        not null,
      id            text        not null,
      version_id    text        not null,
      patient       text,
      check (is_current = (superseded_at = 'infinity'))
    ) partition by list (type);

    comment on table sluice.resources is
      'Versions of resources. Written only through sluice.begin_write and sluice.merge_staged.';
    comment on column sluice.resources.shared is
      'In the compartments of further patients, which sluice.resource_patients lists.';

    -- Further compartments of the few versions that are in several. seq stays when a version is
    -- superseded, so these rows never move.
    create table sluice.resource_patients (
      type    text   not null,
      patient text   not null,
      seq     bigint not null,
      primary key (type, patient, seq)
    );
    create index resource_patients_seq on sluice.resource_patients (seq);

    -- Where parts of a type begin, fixed once made: an unchanged range gives the same part, and so
    -- the same bytes, in every export.
    create table sluice.part_boundaries (
      type    text    not null,
      spacing integer not null,
      seq     bigint  not null,
      primary key (type, spacing, seq)
    );

    create function sluice.instant(value timestamptz) returns text
      language sql immutable parallel safe
      set timezone = 'UTC'
      return to_char(value, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

    -- Asks the catalog anew, past what this session has cached of it.
    create function sluice.has_partition(base text) returns boolean
      language plpgsql volatile as $body$
    begin
      return exists (
        select from pg_class c join pg_inherits i on i.inhrelid = c.oid
         where c.relname = base and i.inhparent = 'sluice.resources'::regclass);
    end
    $body$;

    -- Makes the partitions of a type. The tables are made apart and then attached, so that running
    -- reads and writes of other types are not held up.
    create function sluice.ensure_partition(of_type text) returns void
      language plpgsql as $body$
    declare
      base text := 'resources_' || lower(of_type);
    begin
      if of_type <> all (array[${[...resourceTypes].map((type) => `'${type}'`).join(',')}]) then
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
      execute format('create index on sluice.%I (id)', base || '_history');
      execute format('alter table sluice.resources attach partition sluice.%I for values in (%L)', base, of_type);
    end
    $body$;

    -- Begins writing in this transaction and returns its stamp, the stored_at of what it writes.
    -- The lock comes first, then the clock: whoever is not seen holding the lock at an instant T
    -- stamps later than T. That is what lets an export settle its transactionTime.
    create function sluice.begin_write() returns timestamptz
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
          unique (type, id)
        ) on commit drop;
        create temporary table staged_changes (
          line        integer     not null,
          stamp       timestamptz not null,
          version_id  text        not null,
          replaces    bigint,
          patient     text
        ) on commit drop;
      end if;
      return stamp;
    end
    $body$;

    -- The body of a staged resource, with what meta lacked.
    create function sluice.spliced(head text, splice text, tail text, version_id text, last_updated timestamptz)
      returns text language sql immutable parallel safe
      return case splice
        when 'none' then head
        when 'last-updated' then
          head || '"lastUpdated":"' || sluice.instant(last_updated) || '"' || tail
        else
          head || '"versionId":"' || version_id || '","lastUpdated":"' || sluice.instant(last_updated) || '"' || tail
      end;

    create function sluice.next_version(version_id text) returns text
      language sql immutable parallel safe
      return case when version_id is null then '1'
                  when version_id ~ '^[0-9]{1,17}$' then (version_id::bigint + 1)::text
                  else '1' end;

    -- Stores what lies in staged_resources (after begin_write, in the same transaction) and empties
    -- it: a resource that differs from the present becomes a new version, its predecessor is
    -- superseded; deleted rows become tombstones. A row already stored is left alone. A stamp never
    -- runs behind the version it replaces, whatever the order in which writers began.
    create function sluice.merge_staged(out stored integer, out unchanged integer, out removed integer)
      language plpgsql as $body$
    declare
      began timestamptz := sluice.begin_write();
      t text;
      n integer;
    begin
      stored := 0;
      unchanged := (select count(*) from staged_resources);
      removed := 0;
      for t in select distinct type from staged_resources order by type loop
        perform sluice.ensure_partition(t);
        execute format($sql$
          with present as materialized (
            select c.seq, c.id, c.version_id, c.stored_at, c.last_updated, c.deleted, c.patient, c.body
              from sluice.resources c
             where c.type = %1$L and c.is_current
               and c.id in (select id from staged_resources where type = %1$L)
             order by c.id
               for update
          )
          insert into staged_changes (line, stamp, version_id, replaces, patient)
          select s.line,
                 greatest($1, p.stored_at + interval '1 microsecond'),
                 coalesce(s.version_id, sluice.next_version(p.version_id)),
                 p.seq,
                 p.patient
            from staged_resources s
            left join present p using (id)
           where s.type = %1$L
             and case when s.deleted then p.seq is not null and not p.deleted
                      when p.seq is null or p.deleted then true
                      else p.body <> sluice.spliced(s.head, s.splice, s.tail, p.version_id, p.last_updated)
                 end
        $sql$, t) using began;
        execute format($sql$
          update sluice.resources r
             set superseded_at = c.stamp, is_current = false
            from staged_changes c
           where r.type = %1$L and r.is_current and r.seq = c.replaces
        $sql$, t);
        execute format($sql$
          with written as (
            insert into sluice.resources
                   (last_updated, stored_at, deleted, shared, body, type, id, version_id, patient)
            select case when s.deleted then c.stamp else coalesce(s.last_updated, c.stamp) end,
                   c.stamp,
                   s.deleted,
                   case when s.deleted
                        then exists (select from sluice.resource_patients o where o.seq = c.replaces)
                        else cardinality(s.patients) > 1 end,
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
        $sql$, t);
        select count(*) filter (where not s.deleted), count(*) filter (where s.deleted)
          into n, removed
          from staged_changes c join staged_resources s using (line);
        stored := n;
      end loop;
      unchanged := unchanged - stored - removed;
      truncate staged_resources, staged_changes;
    end
    $body$;

    create view sluice.current_resources as
      select type, id, version_id, last_updated, body
        from sluice.resources
       where is_current and not deleted;
    comment on view sluice.current_resources is 'The documented way for SQL readers: the present, without tombstones.';
  `);
}
