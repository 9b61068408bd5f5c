import type { Knex } from 'knex';

/**
 * The patients that a kick-off names get a table of their own, so that a poll does not read 200,000 of them; the searches
 * that a client is limited to become lists beside `_typeFilter`, of each of which a resource has to match one.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table sluice.export_patients (
      export_id uuid not null references sluice.exports on delete cascade,
      patient   text not null,
      primary key (export_id, patient)
    );

    insert into sluice.export_patients (export_id, patient)
    select distinct e.id, p.patient
      from sluice.exports e cross join jsonb_array_elements_text(e.kick_off -> 'patients') as p (patient)
     where e.state in ('accepted','planning','running','completed');

    update sluice.exports
       set kick_off = (kick_off - 'patients') || '{"hasPatients": true}'
     where kick_off \\? 'patients';

    update sluice.exports
       set kick_off = jsonb_set(kick_off, '{rowFilters}',
             (select jsonb_object_agg(type, jsonb_build_array(queries))
                from jsonb_each(kick_off -> 'rowFilters') as f (type, queries)))
     where kick_off \\? 'rowFilters';
  `);
}
