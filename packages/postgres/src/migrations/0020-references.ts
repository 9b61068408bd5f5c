import type { Knex } from 'knex';

/** The names of the store, and references that search for their target (ADR 0022). */
export async function up(knex: Knex): Promise<void> {
  // Readers go on. Writers wait, so that none of them uses the functions as they were halfway through.
  await knex.raw('lock table sluice.resources in share row exclusive mode');
  await knex.raw(bases);
  await knex.raw(identifiers);
  await knex.raw(writing);
  // At the end, since it keeps running exports waiting.
  await knex.raw(exportTables);
}

const bases = `
  -- URLs of the FHIR base under which this store is or was known, without a slash at the end.
  create table sluice.local_bases (base text primary key);

  -- A reference without the base of this store, or the slash, before its type; any other as it is.
  create function sluice.local_reference(reference text) returns text
    language sql stable parallel safe
    return coalesce(
      (select substr(reference, length(b.base) + 2) from sluice.local_bases b
        where starts_with(reference, b.base || '/') order by length(b.base) desc limit 1),
      regexp_replace(reference, '^/', ''));
`;

const identifiers = `
  -- What conditional references search for, each search as it is written, from the question mark on.
  -- A reference that searches is noted with the search in the place of the id.
  create table sluice.conditional_references (
    type   text not null,
    search text not null,
    system text,
    value  text not null,
    primary key (type, search)
  );
  create index conditional_references_value on sluice.conditional_references (type, value);
  comment on column sluice.conditional_references.system is 'Null: the identifier may be of any system; empty: it has none.';

  -- Types that are searched for: the identifiers of all their versions are in resource_identifiers.
  create table sluice.identified_types (type text primary key);

  create table sluice.resource_identifiers (
    type   text   not null,
    value  text   not null,
    system text   not null,
    seq    bigint not null
  );
  create index resource_identifiers_value on sluice.resource_identifiers (type, md5(value));
  create index resource_identifiers_seq on sluice.resource_identifiers (seq);

  -- The text as jsonb, without what that cannot hold: U+0000 and halves of surrogate pairs.
  create function sluice.parse_body(body text) returns jsonb
    language plpgsql immutable parallel safe as $body$
  begin
    return body::jsonb;
  exception when others then
    begin
      return regexp_replace(body, '(\\\\\\\\)|\\\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\1', 'g')::jsonb;
    exception when others then
      return null;
    end;
  end
  $body$;

  create function sluice.identifiers_of(body text, out system text, out value text) returns setof record
    language sql immutable parallel safe as $body$
    select distinct coalesce(i ->> 'system', ''), i ->> 'value'
      from jsonb_path_query(sluice.parse_body(body), 'lax $.identifier[*]') i
     where strpos(body, 'dentifier"') > 0
       and jsonb_typeof(i) = 'object' and jsonb_typeof(i -> 'value') = 'string'
  $body$;

  create function sluice.note_identifiers() returns trigger
    language plpgsql as $body$
  begin
    insert into sluice.resource_identifiers (type, value, system, seq)
    select new.type, i.value, i.system, new.seq from sluice.identifiers_of(new.body) i;
    return null;
  end
  $body$;

  -- Begins to note the identifiers of a type, in a transaction of its own: it waits for all writers, and they for it.
  create function sluice.identify(of_type text) returns void
    language plpgsql as $body$
  begin
    if exists (select from sluice.identified_types where type = of_type) then
      return;
    end if;
    lock table only sluice.resources in share row exclusive mode;
    insert into sluice.identified_types (type) values (of_type) on conflict do nothing;
    if not found then
      return;
    end if;
    perform sluice.ensure_partition(of_type);
    execute format('create trigger note_identifiers after insert on sluice.%I for each row
                    when (not new.deleted) execute function sluice.note_identifiers()',
                   'resources_' || lower(of_type) || '_current');
    insert into sluice.resource_identifiers (type, value, system, seq)
    select of_type, i.value, i.system, r.seq
      from sluice.resources r cross join lateral sluice.identifiers_of(r.body) i
     where r.type = of_type and not r.deleted;
  end
  $body$;

  -- Notes what the conditional references of a batch search for, before it is merged. Their types have to be identified.
  create function sluice.note_searches(types text[], searches text[], systems text[], of_values text[]) returns void
    language plpgsql as $body$
  declare
    missing text := (select min(t) from unnest(types) t
                      where not exists (select from sluice.identified_types i where i.type = t));
  begin
    if missing is not null then
      raise exception 'the identifiers of % are not noted', missing
        using hint = format('Run select sluice.identify(%L) in a transaction of its own first.', missing);
    end if;
    insert into sluice.conditional_references (type, search, system, value)
    select distinct on (type, search) type, search, system, value
      from unnest(types, searches, systems, of_values) t(type, search, system, value)
     order by type, search
        on conflict do nothing;
  end
  $body$;
`;

const writing = `
  -- What a reference leads to, as writers stage it: Type/id, or Type?search.
  create function sluice.target_type(target text) returns text
    language sql immutable parallel safe
    return substring(target from '^[A-Za-z]+');
  create function sluice.target_id(target text) returns text
    language sql immutable parallel safe
    return regexp_replace(target, '^[A-Za-z]+/{0,1}', '');
  create function sluice.target_key(type text, id text) returns text
    language sql immutable parallel safe
    return type || case when starts_with(id, chr(63)) then '' else '/' end || id;

  -- Whether the text of a resource refers to another; true as well where escapes may hide that it does.
  create or replace function sluice.may_name(body text, type text, id text) returns boolean
    language sql immutable parallel safe
    return case when starts_with(id, chr(63))
                then strpos(replace(body, '\\/', '/'), type || substr(to_json(id)::text, 2)) > 0
                else strpos(replace(body, '\\/', '/'), type || '/' || id || '"') > 0
                  or strpos(replace(body, '\\/', '/'), type || '/' || id || '/_history/') > 0
                  or strpos(body, type || chr(63) || '_id=' || id || '"') > 0 end
        or (strpos(body, '\\u00') > 0 and body ~ '\\\\u00(2[dDeEfF]|3[0-9dDfF]|[4-7])');

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
                or sluice.target_key(f.target_type, f.target_id) <> all (s.supporting)
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

  create or replace function sluice.add_references(fresh text[], began timestamptz) returns void
    language plpgsql as $body$
  begin
      insert into sluice.supporting_references as known (from_type, from_id, target_type, target_id, stored_at)
      select n.type, n.from_id, n.target_type, n.target_id, n.stored_at
        from (select d.type, d.from_id, sluice.target_type(d.target) as target_type,
                     sluice.target_id(d.target) as target_id, d.stored_at
                from (select s.type, o.from_id, t.target, min(coalesce(c.stamp, began)) as stored_at
                        from staged_resources s
                        left join staged_changes c using (line)
                       cross join unnest(case when sluice.referred_by_patient(s.type) then s.patients else array[s.id] end) as o (from_id)
                       cross join unnest(s.supporting) as t (target)
                       where not s.deleted and (c.line is not null or s.type = any (fresh))
                       group by s.type, o.from_id, t.target) d
              offset 0) n
             -- A subquery and no join: the set is looked into by its key, however large both are.
       where coalesce((select r.stored_at
                         from sluice.supporting_references r
                        where r.from_type = n.type and r.from_id = n.from_id
                          and r.target_type = n.target_type and r.target_id = n.target_id), 'infinity') > n.stored_at
       order by n.type, n.from_id, n.target_type, n.target_id
          on conflict (from_type, from_id, target_type, target_id)
          do update set stored_at = excluded.stored_at where known.stored_at > excluded.stored_at;
  end
  $body$;

  create or replace function sluice.add_provenance_targets() returns void
    language plpgsql as $body$
  begin
      insert into sluice.provenance_targets (seq, target_type, target_id, recorded)
      select p.seq, sluice.target_type(t.target), sluice.target_id(t.target), p.recorded
        from (select s.targets, s.recorded,
                     (select r.seq from sluice.resources r
                       where r.type = 'Provenance' and r.is_current and r.id = s.id) as seq
                from staged_resources s
               where s.type = 'Provenance' and not s.deleted) p
       cross join unnest(p.targets) as t (target)
          on conflict do nothing;
  end
  $body$;
`;

const exportTables = `
  -- Where the conditional references of the store led at the export's transactionTime: to the one resource that had the
  -- identifier. Those that led to none, or to several, are not here.
  create table sluice.export_resolutions (
    export_id uuid not null references sluice.exports on delete cascade,
    type      text not null,
    search    text not null,
    id        text not null,
    primary key (export_id, type, search)
  );
  alter table sluice.exports add column follows_searches boolean not null default false;
  comment on column sluice.exports.follows_searches is 'The store had conditional references at its transactionTime.';
`;
