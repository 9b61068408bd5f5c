import { inTurn, ratios, remove, summary, timeExport } from '../measure.mjs';
import { openStore, sampleData } from '../store.mjs';
import { million } from './whole.mjs';

const groups = [
  { id: 'every-hundredth', share: '1 %', target: 0.12 },
  { id: 'every-tenth', share: '10 %', target: 0.4 },
  { id: 'all-patients', share: '100 %', target: 1.1 },
];

/** Types of the sample data that are in the Patient compartment. */
const types =
  'AllergyIntolerance,CarePlan,Claim,Condition,DiagnosticReport,DocumentReference,Encounter,ExplanationOfBenefit,Immunization,MedicationRequest,Observation,Patient,Procedure';
const typeList = types.replace(/\w+/g, `'$&'`);

/** What a Group's export holds, by SQL of another kind than Sluice's own. */
function expected(id) {
  return `with members as (
    select split_part(m->'entity'->>'reference', '/', 2) as patient
      from sluice.current_resources g, jsonb_array_elements(g.body::jsonb->'member') m
     where g.type = 'Group' and g.id = '${id}')
  select r.body from sluice.resources r
   where r.is_current and not r.deleted and r.type in (${typeList})
     and (r.patient in (select patient from members)
          or exists (select from sluice.resource_patients p
                      where p.type = r.type and p.seq = r.seq and p.patient in (select patient from members)))`;
}
const everybody = `select body from sluice.current_resources where type in (${typeList})`;

export const group = {
  name: 'group',
  about: 'Group export against a system export of the same types',
  async *measure({ under, sizes, rounds }) {
    const store = await openStore(under, sampleData(sizes.at(-1)));
    try {
      const time = async (path, query) => {
        const result = await timeExport(store.base, `${path}/$export?_type=${types}`);
        await store.check(result, query);
        await remove(result);
        return result.seconds;
      };
      const seconds = await inTurn(`group ${store.resources}`, rounds, async () => {
        const figures = { system: await time('', everybody) };
        for (const { id } of groups) figures[id] = await time(`/Group/${id}`, expected(id));
        return figures;
      });
      for (const { id, share, target } of groups) {
        yield {
          what: `Group of ${share} of the patients against a system export of the same types`,
          size: store.resources,
          unit: 's',
          reference: summary(seconds.system),
          subject: summary(seconds[id]),
          ratio: ratios(seconds[id], seconds.system),
          ...(sizes.at(-1) >= million && { target }),
        };
      }
    } finally {
      await store.close();
    }
  },
};
