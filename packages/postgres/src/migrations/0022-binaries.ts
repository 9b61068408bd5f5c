import { attachmentTypes } from '@sluice/fhir';
import type { Knex } from 'knex';

/** Which resources have attachments that point to a Binary can be looked up (ADR 0025). */
export async function up(knex: Knex): Promise<void> {
  // Readers go on. Writers wait, so that no partition is made meanwhile.
  await knex.raw('lock table sluice.resources in share row exclusive mode');
  await knex.raw(indexes);
}

const types = [...attachmentTypes].map((type) => `'${type}'`).join(',');

const indexes = `
  -- Ids of the Binaries that the text of a resource names, as far as it writes them without escapes.
  create function sluice.binaries_of(body text) returns text[]
    language sql immutable parallel safe
    return array(select distinct m[1] from regexp_matches(replace(body, '\\/', '/'), 'Binary/([^"/\\\\#]{1,255})', 'g') m);

  create function sluice.index_binaries(of_type text) returns void
    language plpgsql as $body$
  begin
    execute format('create index if not exists %I on sluice.%I using gin (sluice.binaries_of(body)) where strpos(body, ''Binary'') > 0',
                   'resources_' || lower(of_type) || '_binaries', 'resources_' || lower(of_type) || '_current');
  end
  $body$;

  select sluice.index_binaries(t) from unnest(array[${types}]) t
   where sluice.has_partition('resources_' || lower(t));

  alter function sluice.ensure_partition(text) rename to make_partition;
  create function sluice.ensure_partition(of_type text) returns void
    language plpgsql as $body$
  declare
    is_new boolean := not sluice.has_partition('resources_' || lower(of_type));
  begin
    perform sluice.make_partition(of_type);
    -- Where another transaction has made it meanwhile, the index is there.
    if is_new and of_type = any (array[${types}]) then
      perform sluice.index_binaries(of_type);
    end if;
  end
  $body$;
`;
