import { deletedKeys, expectExport } from '../support/compare-export.ts';
import { dataOf, targetsOf } from '../support/patients-data.ts';
import { keysOf, readFirstPatients, ServedStore } from '../support/served-store.ts';
import { changedAfter, lineOf } from '../support/stored-model.ts';
import { members, old, ownLines, since, to } from '../support/supporting-data.ts';
import type { Sample } from '../support/synthea.ts';

/*
 * Which Provenance exports hold, by default and with includeAssociatedData, on the data of some of the Synthea
 * patients, which have one each, and more of the test's own.
 */

let store: ServedStore;
/** Sorted ids; `few` is the Group of some of them. */
let patients: string[];
let few: ReadonlySet<string>;

type Rule = 'latest' | 'relevant';
const rules = ['latest', 'relevant'] as const;
const value = { latest: 'LatestProvenanceResources', relevant: 'RelevantProvenanceResources' };

beforeAll(async () => {
  const samples = await readFirstPatients(11);
  patients = samples
    .filter(({ type }) => type === 'Patient')
    .map(({ id }) => id)
    .sort();
  few = new Set(patients.slice(0, 2));
  store = await ServedStore.create(samples);
  const [first = '', second = ''] = patients;
  const last = patients.at(-1) ?? '';
  await store.load([...ownLines(first, last), lineOf('Group/few', old, members(few))]);
  const provenance = (id: string, recorded: string, ...targets: string[]) =>
    lineOf(`Provenance/${id}`, old, {
      target: targets.map(to),
      recorded,
      agent: [{ who: to('Practitioner/escaped') }],
    });
  const ofSecond = about(new Set([second]), ['Encounter'])[0]?.id ?? '';
  const unlisted = about(new Set([last]), ['Encounter'])[0]?.id ?? '';
  await store.load([
    // Of own-tool the second one is the newest though its text is not the largest.
    provenance('tool-1', '2026-02-01T08:00:00+09:00', 'Observation/own-tool'),
    provenance('tool-2', '2026-02-01T01:00:00Z', 'Observation/own-tool', `Encounter/${ofSecond}`),
    provenance(
      'tool-3',
      '2025-12-31T23:59:59.999999-05:00',
      'Observation/own-tool',
      'Observation/own-places',
    ),
    // Newest of the Encounter, not of own-tool.
    provenance(
      'encounter',
      '2026-02-01T01:00:00.001Z',
      `Encounter/${ofSecond}`,
      `Encounter/${unlisted}`,
    ),
    provenance('patient', '2026-03-01T00:00:00Z', `Patient/${first}`),
    provenance('tool', '2026-03-01T00:00:00Z', 'Device/tool'),
    provenance('inner', '2026-03-01T00:00:00Z', 'Practitioner/inner/_history/1'),
    provenance('escaped', '2026-03-01T00:00:00Z', 'Practitioner/escaped'),
    provenance('their-tool', '2026-03-01T00:00:00Z', 'Device/theirs'),
    provenance('our-tool', '2026-03-01T00:00:00Z', 'Device/unused'),
    provenance('task', '2026-03-01T00:00:00Z', 'Task/unreferenced'),
    provenance('idle', '2026-03-01T00:00:00Z', 'Organization/top'),
    provenance('unlisted', '2026-03-01T00:00:00Z', `Encounter/${unlisted}`),
    provenance('gone', '2026-03-01T00:00:00Z', 'Observation/own-words'),
  ]);
  await store.remove(['Observation/own-words']);
}, 120_000);
afterAll(() => store.drop());

const about = (ids: ReadonlySet<string>, types?: readonly string[]) =>
  dataOf(store.model.present(), ids, types);
const expectGroupFew = (query: string, wanted: readonly Sample[]) =>
  expectExport(store.base, `/Group/few/$export${query}`, wanted);

/** The Provenance that is about these, worked out from its text. */
function provenanceOf(exported: readonly Sample[], rule: Rule): Sample[] {
  const keys = new Set(keysOf(exported));
  const all = store.model.present().filter(({ type }) => type === 'Provenance');
  const read = all.map((sample, order) => {
    const { recorded } = JSON.parse(sample.line) as { recorded?: string };
    const targets = targetsOf(sample);
    return {
      sample,
      targets,
      at: [recorded === undefined ? -Infinity : Date.parse(recorded), order] as const,
    };
  });
  const newest = new Map<string, (typeof read)[number]>();
  for (const each of read) {
    for (const target of each.targets) {
      const [at, order] = newest.get(target)?.at ?? [-Infinity, -1];
      if (each.at[0] > at || (each.at[0] === at && each.at[1] > order)) newest.set(target, each);
    }
  }
  return read
    .filter((each) =>
      each.targets.some(
        (target) => keys.has(target) && (rule === 'relevant' || newest.get(target) === each),
      ),
    )
    .map(({ sample }) => sample);
}

const withRule = (exported: readonly Sample[], rule: Rule): Sample[] => {
  const others = exported.filter(({ type }) => type !== 'Provenance');
  return [...others, ...provenanceOf(others, rule)];
};
/** Whether it is of Synthea, or of the small data. */
const isGiven = (id: string) => id.length > 12 || /^(prov|late)-\d/.test(id);
const provenanceIds = (samples: readonly Sample[]) =>
  samples
    .filter(({ type, id }) => type === 'Provenance' && !isGiven(id))
    .map(({ id }) => id)
    .sort();
test('without a value it comes for what is in compartments, unless _type leaves it out', async () => {
  const wanted = about(few);
  expect(provenanceIds(wanted)).toEqual(['encounter', 'patient', 'tool-1', 'tool-2', 'tool-3']);
  await expectGroupFew('', wanted);
  await expectGroupFew('?_type=Provenance', about(few, ['Provenance']));
  await expectGroupFew('?_type=Patient,Observation', about(few, ['Patient', 'Observation']));
  await expectExport(
    store.base,
    '/Patient/$export?_type=Provenance',
    about(new Set(patients), ['Provenance']),
  );
  const all = store.model.present().filter(({ type }) => type === 'Provenance');
  await expectExport(store.base, '/$export?_type=Provenance', all);
}, 30_000);

test.each(rules)(
  '%s: it comes for what is exported, at every level',
  async (rule) => {
    const query = `includeAssociatedData=${value[rule]}`;
    const wanted = withRule(about(few), rule);
    const both = [
      'encounter',
      'escaped',
      'inner',
      'our-tool',
      'patient',
      'tool',
      'tool-2',
      'tool-3',
    ];
    expect(provenanceIds(wanted)).toEqual(rule === 'latest' ? both : [...both, 'tool-1'].sort());
    await expectGroupFew(`?${query}`, wanted);
    const everybody = withRule(about(new Set(patients)), rule);
    await expectExport(store.base, `/Patient/$export?${query}`, everybody);
    await expectExport(store.base, `/$export?${query}`, withRule(store.model.present(), rule));
  },
  60_000,
);

test.each(rules)(
  '%s: it comes though _type does not name it',
  async (rule) => {
    for (const types of [
      ['Patient'],
      ['Observation', 'Device'],
      ['Practitioner', 'Task'],
      ['Provenance', 'Encounter'],
    ]) {
      const query = `?_type=${types.join()}&includeAssociatedData=${value[rule]}`;
      await expectGroupFew(query, withRule(about(few, types), rule));
    }
    const types = ['Organization', 'Encounter'];
    const wanted = store.model.present().filter(({ type }) => types.includes(type));
    const query = `/$export?_type=${types.join()}&includeAssociatedData=${value[rule]}`;
    await expectExport(store.base, query, withRule(wanted, rule));
  },
  60_000,
);

test.each(rules)(
  '%s: with _since it comes for what changed, whatever its age',
  async (rule) => {
    const query = `_since=${since}&includeAssociatedData=${value[rule]}`;
    await expectGroupFew(`?${query}`, withRule(changedAfter(about(few), since), rule));
    await expectExport(
      store.base,
      `/$export?${query}`,
      withRule(changedAfter(store.model.present(), since), rule),
    );
  },
  30_000,
);

test('of both values the one that gives more counts', async () => {
  const wanted = withRule(about(few), 'relevant');
  await expectGroupFew(`?includeAssociatedData=${value.latest},${value.relevant}`, wanted);
  await expectGroupFew(
    `?includeAssociatedData=${value.relevant}&includeAssociatedData=${value.latest}`,
    wanted,
  );
}, 30_000);

test.each(rules)(
  '%s: with _typeFilter it comes for what passed',
  async (rule) => {
    const passed = store.model
      .present()
      .filter(
        ({ type, id }) =>
          (type !== 'Observation' || id === 'own-tool' || id === 'own-places') &&
          (type !== 'Practitioner' || id === 'inner' || id === 'versioned'),
      );
    const query = [
      `includeAssociatedData=${value[rule]}`,
      '_typeFilter=Observation%3F_id%3Down-tool,own-places',
      '_typeFilter=Practitioner%3F_id%3Dinner,versioned',
    ].join('&');
    const types = ['Observation', 'Encounter', 'Practitioner', 'Device'];
    const system = passed.filter(({ type }) => types.includes(type));
    await expectExport(
      store.base,
      `/$export?_type=${types.join()}&${query}`,
      withRule(system, rule),
    );
    const wanted = withRule(dataOf(passed, few, types), rule);
    expect(provenanceIds(wanted)).toEqual(expect.arrayContaining(['inner', 'tool', 'tool-2']));
    expect(provenanceIds(wanted)).not.toContain('escaped');
    await expectGroupFew(`?_type=${types.join()}&${query}`, wanted);
  },
  30_000,
);

test('its deletion is told where it would come', async () => {
  const before = await store.now();
  await store.remove([
    'Provenance/tool-1',
    'Provenance/patient',
    'Provenance/idle',
    'Provenance/unlisted',
  ]);
  expect(await deletedKeys(await expectGroupFew(`?_since=${before}`, []))).toEqual([
    'Provenance/patient',
    'Provenance/tool-1',
  ]);
  const system = await expectExport(store.base, `/$export?_since=${before}`, []);
  expect(await deletedKeys(system)).toHaveLength(4);
}, 30_000);
