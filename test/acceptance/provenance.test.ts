import { deletedKeys, expectExport } from '../support/compare-export.ts';
import { dataOf, provenanceOf, type Rule } from '../support/patients-data.ts';
import { readFirstPatients, ServedStore } from '../support/served-store.ts';
import { changedAfter, lineOf } from '../support/stored-model.ts';
import { members, old, ownLines, recent, since, to } from '../support/supporting-data.ts';
import type { Sample } from '../support/synthea.ts';

/*
 * Which Provenance exports hold, by default and with includeAssociatedData, on the data of some of the Synthea
 * patients, which have one each, and more of the test's own.
 */

let store: ServedStore;
/** Sorted ids; `few` is the Group of some of them. */
let patients: string[];
let few: ReadonlySet<string>;

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
      agent: [{ who: to(`Practitioner/agent-${id}`) }],
    });
  const ofSecond = about(new Set([second]), ['Encounter'])[0]?.id ?? '';
  const unlisted = about(new Set([last]), ['Encounter'])[0]?.id ?? '';
  const made = [
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
    // About the agent of another, about the agent of that one, and so on.
    provenance('agent-1', '2026-03-01T00:00:00Z', 'Practitioner/agent-tool-2'),
    provenance('agent-2', '2026-03-01T00:00:00Z', 'Practitioner/agent-agent-1'),
    provenance('agent-3', '2026-03-01T00:00:00Z', 'Practitioner/agent-agent-2'),
    provenance('agent-4', '2026-03-01T00:00:00Z', 'Practitioner/agent-agent-3'),
    // In the compartment of a stranger, and about a member's Encounter.
    provenance('mixed', '2026-01-01T00:00:00Z', `Patient/${last}`, `Encounter/${ofSecond}`),
  ];
  const agents = made.map((line) => {
    const [, id = ''] = /Practitioner\/agent-([\w-]+)"/.exec(line) ?? [];
    return lineOf(`Practitioner/agent-${id}`, id.includes('1') ? recent : old);
  });
  await store.load([...made, ...agents]);
  await store.remove(['Observation/own-words']);
}, 120_000);
afterAll(() => store.drop());

const about = (ids: ReadonlySet<string>, types?: readonly string[], rule?: Rule) =>
  dataOf(store.model.present(), ids, types, rule);
const expectGroupFew = (query: string, wanted: readonly Sample[]) =>
  expectExport(store.base, `/Group/few/$export${query}`, wanted);

/** These, and the Provenance of these instead of any other. */
const withRule = (exported: readonly Sample[], rule: Rule): Sample[] => {
  const others = exported.filter(({ type }) => type !== 'Provenance');
  return [...others, ...provenanceOf(store.model.present(), others, rule)];
};
/** Whether it is of Synthea, or of the small data. */
const isGiven = (id: string) => id.length > 12 || /^(prov|late)-\d/.test(id);
const provenanceIds = (samples: readonly Sample[]) =>
  samples
    .filter(({ type, id }) => type === 'Provenance' && !isGiven(id))
    .map(({ id }) => id)
    .sort();
/** Of whose Provenance the agents are among these. */
const agentIds = (samples: readonly Sample[]) =>
  samples
    .flatMap(({ type, id }) => (type === 'Practitioner' ? (/^agent-(.*)/.exec(id)?.[1] ?? []) : []))
    .sort();

test('without a value it comes for what is in compartments, unless _type leaves it out', async () => {
  const wanted = about(few);
  const ids = ['encounter', 'mixed', 'patient', 'tool-1', 'tool-2', 'tool-3'];
  expect([provenanceIds(wanted), agentIds(wanted)]).toEqual([ids, ids]);
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
    const wanted = about(few, undefined, rule);
    const both = [
      'agent-1',
      'agent-2',
      'agent-3',
      'encounter',
      'escaped',
      'inner',
      'our-tool',
      'patient',
      'tool',
      'tool-2',
      'tool-3',
    ];
    const come = rule === 'latest' ? both : [...both, 'mixed', 'tool-1'].sort();
    // Agents at most three references away.
    const agents = come.filter((id) => id !== 'agent-3');
    expect([provenanceIds(wanted), agentIds(wanted)]).toEqual([come, agents]);
    await expectGroupFew(`?${query}`, wanted);
    const everybody = about(new Set(patients), undefined, rule);
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
      ['Observation', 'Practitioner'],
      ['Practitioner', 'Task'],
      ['Provenance', 'Encounter'],
    ]) {
      const query = `?_type=${types.join()}&includeAssociatedData=${value[rule]}`;
      await expectGroupFew(query, about(few, types, rule));
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
    const wanted = changedAfter(about(few, undefined, rule), since);
    expect(agentIds(wanted)).toContain('agent-1');
    await expectGroupFew(`?${query}`, withRule(wanted, rule));
    await expectExport(
      store.base,
      `/$export?${query}`,
      withRule(changedAfter(store.model.present(), since), rule),
    );
  },
  30_000,
);

test('of both values the one that gives more counts', async () => {
  const wanted = about(few, undefined, 'relevant');
  await expectGroupFew(`?includeAssociatedData=${value.latest},${value.relevant}`, wanted);
  await expectGroupFew(
    `?includeAssociatedData=${value.relevant}&includeAssociatedData=${value.latest}`,
    wanted,
  );
}, 30_000);

test.each(rules)(
  '%s: with _typeFilter it comes for what passed',
  async (rule) => {
    const practitioners = ['inner', 'versioned', 'agent-tool-2', 'agent-agent-1'];
    const passed = store.model
      .present()
      .filter(
        ({ type, id }) =>
          (type !== 'Observation' || id === 'own-tool' || id === 'own-places') &&
          (type !== 'Practitioner' || practitioners.includes(id)),
      );
    const query = [
      `includeAssociatedData=${value[rule]}`,
      '_typeFilter=Observation%3F_id%3Down-tool,own-places',
      `_typeFilter=Practitioner%3F_id%3D${practitioners.join()}`,
    ].join('&');
    const types = ['Observation', 'Encounter', 'Practitioner', 'Device'];
    const system = passed.filter(({ type }) => types.includes(type));
    await expectExport(
      store.base,
      `/$export?_type=${types.join()}&${query}`,
      withRule(system, rule),
    );
    const wanted = dataOf(passed, few, types, rule);
    expect(provenanceIds(wanted)).toEqual(
      expect.arrayContaining(['agent-1', 'agent-2', 'inner', 'tool', 'tool-2']),
    );
    expect(agentIds(wanted)).toEqual(['agent-1', 'tool-2']);
    expect(provenanceIds(wanted)).not.toContain('escaped');
    await expectGroupFew(`?_type=${types.join()}&${query}`, wanted);
  },
  30_000,
);

test('with a filter it brings along what it refers to if it passed', async () => {
  const isAsked = ({ type, id }: Sample) => type !== 'Provenance' || /^(tool-3|mixed)$/.test(id);
  const wanted = dataOf(store.model.present().filter(isAsked), few);
  expect(agentIds(wanted)).toEqual(['mixed', 'tool-3']);
  await expectGroupFew('?_typeFilter=Provenance%3F_id%3Dtool-3,mixed', wanted);
}, 30_000);

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
