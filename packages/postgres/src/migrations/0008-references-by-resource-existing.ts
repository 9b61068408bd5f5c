import { patientCompartmentTypes, resourceTypes } from '@sluice/fhir';

/** All but those in the compartment and those that hold something else. */
const supportingTypes = [...resourceTypes]
  .filter((type) => !patientCompartmentTypes.has(type) && type !== 'Binary' && type !== 'Bundle')
  .map((type) => `'${type}'`)
  .join(',');

/**
 * Notes the references of the Groups and the Provenance that are there anew, as loading them would, read as migration 0006
 * reads them. The expressions do without question marks, which knex would take for parameters.
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
  create function pg_temp.named(body jsonb, out type text, out id text) returns setof record
    language sql as $body$
    select distinct m[1], m[2]
      from jsonb_path_query(body, 'strict $.**.reference') reference,
           regexp_match(reference #>> '{}', '^/{0,1}([A-Za-z]+)/([A-Za-z0-9.-]{1,64})(/_history/[A-Za-z0-9.-]{1,64}){0,1}$') m
     where jsonb_typeof(reference) = 'string' and m is not null
  $body$;

  delete from sluice.supporting_references where from_type in ('Group', 'Provenance');

  with made as materialized (
    select r.type, r.id, r.stored_at, r.superseded_at, n.type as target_type, n.id as target_id
      from sluice.resources r
     cross join lateral pg_temp.named(pg_temp.parsed(r.body)) n
     where r.type in ('Group', 'Provenance') and not r.deleted and n.type = any (array[${supportingTypes}])
  )
  insert into sluice.supporting_references (from_type, from_id, target_type, target_id, stored_at, stale)
  select m.type, m.id, m.target_type, m.target_id, min(m.stored_at),
         bool_or(m.superseded_at < 'infinity' and s.id is null)
    from made m
    left join made s
      on m.superseded_at < 'infinity' and s.stored_at = m.superseded_at and s.type = m.type and s.id = m.id
     and s.target_type = m.target_type and s.target_id = m.target_id
   group by m.type, m.id, m.target_type, m.target_id;

  drop function pg_temp.parsed(text);
  drop function pg_temp.named(jsonb);
`;
