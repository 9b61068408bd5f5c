import { patientCompartmentTypes, resourceTypes } from '@sluice/fhir';

/** All but those in the compartment and those that hold something else. */
const supportingTypes = [...resourceTypes]
  .filter((type) => !patientCompartmentTypes.has(type) && type !== 'Binary' && type !== 'Bundle')
  .map((type) => `'${type}'`)
  .join(',');

/**
 * Finds in the versions that are there what writers say of theirs from now on, so that the rows are
 * those of loading them anew: type after type, once. The expressions do without question marks, which
 * knex would take for parameters.
 */
export const existingRows = `
  -- The text as jsonb, without what that cannot hold: U+0000 and halves of surrogate pairs.
  create function pg_temp.parsed(body text) returns jsonb language plpgsql as $body$
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

  -- What literal references name, each once. https://hl7.org/fhir/R4/references.html#literal
  create function pg_temp.named(body jsonb, path jsonpath, out type text, out id text) returns setof record
    language sql as $body$
    select distinct m[1], m[2]
      from jsonb_path_query(body, path) reference,
           regexp_match(reference #>> '{}', '^/{0,1}([A-Za-z]+)/([A-Za-z0-9.-]{1,64})(/_history/[A-Za-z0-9.-]{1,64}){0,1}$') m
     where jsonb_typeof(reference) = 'string' and m is not null
  $body$;

  create function pg_temp.instant(value text) returns timestamptz language plpgsql as $body$
  begin
    -- An instant, and no more digits than the loader reads.
    return regexp_replace(value, '(\\.\\d{6})\\d+', '\\1')::timestamptz
     where value ~ '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9}){0,1}(Z|[+-]\\d\\d:\\d\\d)$';
  exception when others then
    return null;
  end
  $body$;

  create temporary table named (
    seq           bigint      not null,
    id            text        not null,
    stored_at     timestamptz not null,
    superseded_at timestamptz not null,
    target_type   text        not null,
    target_id     text        not null
  ) on commit drop;

  create temporary table making (
    from_id       text        not null,
    target_type   text        not null,
    target_id     text        not null,
    id            text        not null,
    stored_at     timestamptz not null,
    superseded_at timestamptz not null
  ) on commit drop;

  do $body$
  declare
    t text;
    made_by_patients boolean;
  begin
    for t in
      select substring(pg_get_expr(c.relpartbound, c.oid) from $$'([A-Za-z]+)'$$)
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = 'sluice.resources'::regclass
       order by 1
    loop
      made_by_patients := sluice.in_compartment(t);
      truncate named, making;
      execute format($sql$
        insert into named
        select r.seq, r.id, r.stored_at, r.superseded_at, n.type, n.id
          from sluice.resources r
         cross join lateral pg_temp.named(pg_temp.parsed(r.body), 'strict $.**.reference') n
         where r.type = %1$L and not r.deleted and strpos(r.body, '"reference"') > 0
           and (n.type = any (array[${supportingTypes}]) or ($1 and n.type = 'Patient'))
      $sql$, t) using not made_by_patients;
      analyze named;
      if not made_by_patients then
        execute format($sql$
          with mentioned as (
            select seq, array_agg(target_id order by target_id collate "C") as patients
              from named where target_type = 'Patient' group by seq
          ), further as (
            insert into sluice.resource_patients (type, patient, seq)
            select %1$L, unnest(patients[2:]), seq from mentioned
          )
          update sluice.resources r
             set patient = m.patients[1], shared = cardinality(m.patients) > 1
            from mentioned m
           where r.type = %1$L and r.seq = m.seq
        $sql$, t);
        -- A tombstone has the patients of what was deleted.
        execute format($sql$
          with further as (
            insert into sluice.resource_patients (type, patient, seq)
            select %1$L, p.patient, d.seq
              from sluice.resources d
              join sluice.resources r on r.type = %1$L and r.id = d.id and r.superseded_at = d.stored_at
              join sluice.resource_patients p on p.type = %1$L and p.seq = r.seq
             where d.type = %1$L and d.deleted
          )
          update sluice.resources d
             set patient = r.patient, shared = r.shared
            from sluice.resources r
           where d.type = %1$L and d.deleted and r.type = %1$L and r.id = d.id and r.superseded_at = d.stored_at
             and r.patient is not null
        $sql$, t);
      end if;
      execute format($sql$
        insert into making
        select o.from_id, n.target_type, n.target_id, n.id, n.stored_at, n.superseded_at
          from named n
         cross join lateral (
                 select r.patient from sluice.resources r
                  where $1 and r.type = %1$L and r.seq = n.seq and r.patient is not null
                 union
                 select p.patient from sluice.resource_patients p where $1 and p.seq = n.seq
                 union
                 select n.id where not $1
               ) o (from_id)
         where n.target_type <> 'Patient'
      $sql$, t) using made_by_patients;
      analyze making;
      insert into sluice.supporting_references (from_type, from_id, target_type, target_id, stored_at, stale)
      select t, m.from_id, m.target_type, m.target_id, min(m.stored_at),
             bool_or(m.superseded_at < 'infinity' and s.id is null)
        from making m
        left join making s
          on m.superseded_at < 'infinity' and s.stored_at = m.superseded_at and s.id = m.id
         and s.from_id = m.from_id and s.target_type = m.target_type and s.target_id = m.target_id
       group by m.from_id, m.target_type, m.target_id;
    end loop;
  end
  $body$;

  insert into sluice.provenance_targets (seq, target_type, target_id, recorded)
  select r.seq, n.type, n.id, pg_temp.instant(b.body ->> 'recorded')
    from sluice.resources r
   cross join lateral (select pg_temp.parsed(r.body) as body) b
   cross join lateral pg_temp.named(b.body, '$.target.reference') n
   where r.type = 'Provenance' and not r.deleted and n.type = any (array[${[...resourceTypes].map((type) => `'${type}'`).join(',')}]);

  drop function pg_temp.parsed(text);
  drop function pg_temp.named(jsonb, jsonpath);
  drop function pg_temp.instant(text);
`;
