import type { Knex } from 'knex';

/**
 * The writers' contract as before, for less work: staged bodies are no longer compressed by the
 * TOAST threshold of an ordinary table (and so kept in the store, where it cost every reader), and
 * resources that are all new skip the comparison with what is present.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
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
          unique (type, id)
        ) with (toast_tuple_target = 8160) on commit drop;
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

    -- Stores staged resources of a type of which none has a present version.
    create function sluice.insert_staged(of_type text, stamp timestamptz) returns bigint
      language plpgsql as $body$
    declare
      n bigint;
    begin
      execute format($sql$
        with written as (
          insert into sluice.resources
                 (last_updated, stored_at, deleted, shared, body, type, id, version_id, patient)
          select coalesce(s.last_updated, $1), $1, false, cardinality(s.patients) > 1,
                 sluice.spliced(s.head, s.splice, s.tail, coalesce(s.version_id, '1'), coalesce(s.last_updated, $1)),
                 %1$L, s.id, coalesce(s.version_id, '1'), s.patients[1]
            from staged_resources s
           where s.type = %1$L and not s.deleted
           order by s.line
          returning seq, id, shared
        ), shared as (
          insert into sluice.resource_patients (type, patient, seq)
          select distinct %1$L, p.patient, w.seq
            from written w
            join staged_resources s on s.type = %1$L and s.id = w.id
           cross join lateral unnest(s.patients[2:]) as p (patient)
           where w.shared
        )
        select count(*) from written
      $sql$, of_type) into n using stamp;
      return n;
    end
    $body$;

    -- Stores staged resources of a type against what is present of them: see merge_staged.
    create function sluice.replace_staged(of_type text, stamp timestamptz) returns void
      language plpgsql as $body$
    begin
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
      $sql$, of_type) using stamp;
      execute format($sql$
        update sluice.resources r
           set superseded_at = c.stamp, is_current = false
          from staged_changes c
         where r.type = %1$L and r.is_current and r.seq = c.replaces
      $sql$, of_type);
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
      $sql$, of_type);
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
      t text;
      any_present boolean;
      n bigint;
    begin
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
        end if;
      end loop;
      select stored + count(*) filter (where not s.deleted), count(*) filter (where s.deleted)
        into stored, removed
        from staged_changes c join staged_resources s using (line);
      unchanged := unchanged - stored - removed;
      truncate staged_resources, staged_changes;
    end
    $body$;
  `);
}
