import {
  deletedKeys,
  difference,
  exactly,
  expectExport,
  toldTexts,
} from '../support/compare-export.ts';
import {
  downloadLines,
  kickOff,
  lenient,
  runExport,
  type Manifest,
  type Parameters,
} from '../support/export-client.ts';
import {
  groupLine,
  groups,
  groupVersions,
  joinedLines,
  membersAt,
  membersOf,
  since,
} from '../support/group-since-data.ts';
import { dataOf, referencesOf } from '../support/patients-data.ts';
import { keysOf, readFirstPatients, ServedStore } from '../support/served-store.ts';
import { changedAfter, edited, keyOf, lineOf, samplesOf } from '../support/stored-model.ts';
import { old, to } from '../support/supporting-data.ts';
import { microseconds, type Sample } from '../support/synthea.ts';

/*
 * What a Group's export with `_since` holds when its members are not those of then (GROUP_SINCE), how a client
 * gets along without that (SPEC F-017), and long lists of patients.
 */

let store: ServedStore;
/** Sorted ids. */
let patients: string[];
const patient = (n: number): string => patients[n] ?? '';
const all = (...numbers: number[]) => membersOf(numbers.map(patient));
const numbers = (ids: Iterable<string>) =>
  [...ids].map((id) => patients.indexOf(id)).sort((a, b) => a - b);

beforeAll(async () => {
  // A third of Synthea's is enough, and much faster.
  const samples = (await readFirstPatients(11)).filter(
    ({ type }, n, { length }) => type === 'Patient' || length < 3000 || n % 3 === 0,
  );
  patients = samples
    .filter(({ type }) => type === 'Patient')
    .map(({ id }) => id)
    .sort();
  store = await ServedStore.create(samples);
  for (const lines of groupVersions(patients)) await store.load(lines);
  const encounterOf = (n: number) =>
    samples.find((sample) => sample.type === 'Encounter' && sample.patients.has(patient(n)))?.id;
  await store.load(
    joinedLines(
      { joined: patient(2), former: patient(0), stranger: patient(9) },
      { joined: encounterOf(2) ?? '', former: encounterOf(0) ?? '' },
    ),
  );
}, 120_000);
afterAll(() => store.drop());

interface Asked {
  readonly since?: string;
  readonly until?: string;
  readonly types?: readonly string[];
  /** Of the members. */
  readonly only?: readonly string[];
}

/** Who is a member and was none at the instant. */
function joinedOf(id: string, at: string): Set<string> {
  const former = membersAt(store.model, id, at);
  return new Set([...membersAt(store.model, id)].filter((each) => !former.has(each)));
}

/** What changed of the members' data, and everything of those who joined. */
function wantedOf(id: string, joined: ReadonlySet<string>, asked: Asked = {}): Sample[] {
  const { types, only } = asked;
  const present = store.model
    .present(asked.until)
    .filter((sample) => sample.type !== 'Group' || sample.id === id);
  const isListed = (each: string) => only?.includes(each) ?? true;
  const listed = new Set([...membersAt(store.model, id)].filter(isListed));
  // The members stay the same: what is outside the compartment may tell of all of them.
  const isTheirs = (sample: Sample): boolean => {
    const owners = sample.type === 'Device' ? patientsIn(sample) : [...sample.patients];
    return owners.length === 0 || owners.some((each) => joined.has(each) && isListed(each));
  };
  const whole = new Set(dataOf(present.filter(isTheirs), listed, types));
  const changed = microseconds(asked.since ?? since);
  return dataOf(present, listed, types).filter(
    (sample) => sample.updated > changed || whole.has(sample),
  );
}

const patientsIn = (device: Sample): string[] =>
  referencesOf(device).flatMap((reference) => reference.split('Patient/')[1] ?? []);

const strict = (id: string, asked?: Asked) => wantedOf(id, new Set(), asked);
const withNew = (id: string, asked: Asked = {}) =>
  wantedOf(id, joinedOf(id, asked.since ?? since), asked);
const references = (keys: readonly string[]): Parameters => ({
  resourceType: 'Parameters',
  parameter: keys.map((reference) => ({ name: 'patient', valueReference: { reference } })),
});
const observation = (id: string, of: string): string =>
  lineOf(`Observation/${id}`, old, { status: 'final', code: {}, subject: to(`Patient/${of}`) });

test.each(groups)(
  'by default those who joined %s come with what changed, as all others do',
  async (id, listed, joined) => {
    expect(numbers(membersAt(store.model, id))).toEqual(listed);
    expect(numbers(joinedOf(id, since))).toEqual(joined);
    await expectExport(store.base, `/Group/${id}/$export?_since=${since}`, strict(id));
  },
  30_000,
);

describe('a client of a Group that gets new members', () => {
  const path = '/Group/recipe/$export';
  const copy = new Map<string, string>();

  const readInto = async ({ output }: Manifest): Promise<void> => {
    for (const sample of samplesOf(await downloadLines(output))) {
      copy.set(keyOf(sample), sample.line);
    }
  };
  const listIds = async (): Promise<Set<string>> => {
    const { output } = await runExport(store.base, `${path}?_type=Patient&_elements=id`);
    const lines = await downloadLines(output);
    for (const line of lines) expect(line).not.toMatch(/"(name|birthDate|address)"/);
    return new Set(samplesOf(lines).map(({ id }) => id));
  };

  test('lists their ids, asks for their data by patient, and for what changed by _since: then it has all of it', async () => {
    await store.load([
      groupLine('recipe', old, all(0, 1, 2)),
      observation('goes', patient(0)),
      observation('went', patient(5)),
    ]);
    const before = await listIds();
    expect(numbers(before)).toEqual([0, 1, 2]);
    const first = await runExport(store.base, path);
    await readInto(first);

    const own = (n: number, type: string) =>
      dataOf(store.model.present(), new Set([patient(n)]), [type])[0] as Sample;
    const changed = (sample: Sample) =>
      edited(sample, old, (resource) => (resource['language'] = 'en'));
    await store.loadStamped([
      groupLine('recipe', old, all(0, 1, 2, 5, 6)),
      changed(own(0, 'Observation')),
      changed(own(5, 'Encounter')),
      changed(own(1, 'Patient')),
      observation('comes', patient(1)),
    ]);
    await store.remove(['Observation/goes', 'Observation/went']);

    const added = [...(await listIds())].filter((id) => !before.has(id));
    expect(numbers(added)).toEqual([5, 6]);
    const body = references(added.map((id) => `Patient/${id}`));
    await readInto(await runExport(store.base, path, body));
    const changes = await expectExport(
      store.base,
      `${path}?_since=${first.transactionTime}`,
      strict('recipe', { since: first.transactionTime }),
    );
    await readInto(changes);
    for (const key of await deletedKeys(changes)) copy.delete(key);

    const wanted = dataOf(store.model.present(), membersAt(store.model, 'recipe')).map(
      ({ line }) => line,
    );
    expect(difference([...copy.values()], wanted)).toEqual(exactly(wanted));
  }, 60_000);
});

describe('with GROUP_SINCE=include-new-members', () => {
  beforeAll(() => store.serve({ GROUP_SINCE: 'include-new-members' }), 60_000);

  test.each(groups)(
    'those who joined %s come with all their data, the others with what changed',
    async (id, _listed, joined) => {
      const wanted = withNew(id);
      expect(wanted.length > strict(id).length).toBe(joined.length > 0);
      await expectExport(store.base, `/Group/${id}/$export?_since=${since}`, wanted);
    },
    30_000,
  );

  test('their data is what they share with others, what it refers to, and what tells of where it comes from', async () => {
    const come = keysOf(withNew('history').filter((sample) => sample.line.includes(old)));
    expect(come).toEqual([
      'Device/new',
      'Observation/new',
      'Observation/shared',
      'Observation/shared-too',
      'Organization/new',
      'Organization/parent',
      'Practitioner/common',
      'PractitionerRole/new',
      'Provenance/origin-new',
      'Task/mixed',
    ]);
    for (const types of [
      ['Observation', 'Practitioner', 'Task'],
      ['Provenance', 'Encounter'],
      ['Patient', 'Group', 'Device'],
      ['PractitionerRole', 'Organization'],
    ]) {
      await expectExport(
        store.base,
        `/Group/history/$export?_since=${since}&_type=${types.join()}`,
        withNew('history', { types }),
      );
    }
  }, 60_000);

  test('patient narrows it to some of both', async () => {
    const ids = [patient(0), patient(2)];
    await expectExport(
      store.base,
      `/Group/history/$export?_since=${since}`,
      withNew('history', { only: ids }),
      references(ids.map((id) => `Patient/${id}`)),
    );
  }, 30_000);

  test('with _until it is the state of then, of who is a member now', async () => {
    const until = '2025-12-01T00:00:00Z';
    await expectExport(
      store.base,
      `/Group/history/$export?_since=${since}&_until=${until}`,
      withNew('history', { until }),
    );
  }, 30_000);

  test('without _since, and at patient level, it changes nothing', async () => {
    const present = store.model.present();
    await expectExport(
      store.base,
      '/Group/history/$export',
      dataOf(present, membersAt(store.model, 'history')),
    );
    const listed = new Set([patient(0), patient(2)]);
    await expectExport(
      store.base,
      `/Patient/$export?_since=${since}&patient=${[...listed].join()}`,
      changedAfter(dataOf(present, listed), since),
    );
  }, 30_000);

  test('deletions are told as of others: since then', async () => {
    await store.load([
      observation('before', patient(7)),
      observation('after', patient(7)),
      observation('after-too', patient(0)),
    ]);
    await store.remove(['Observation/before']);
    const at = await store.now();
    await store.remove(['Observation/after', 'Observation/after-too']);
    await store.loadStamped([groupLine('history', old, all(0, 1, 2, 7))]);
    expect(numbers(joinedOf('history', at))).toEqual([7]);
    const wanted = withNew('history', { since: at });
    const manifest = await expectExport(store.base, `/Group/history/$export?_since=${at}`, wanted);
    expect(await deletedKeys(manifest)).toEqual(['Observation/after', 'Observation/after-too']);
  }, 30_000);
});

test('what nothing refers to but Provenance that is found by its target comes too', async () => {
  const [encounter] = dataOf(store.model.present(), new Set([patient(0)]), ['Encounter']);
  await store.load([
    lineOf('Practitioner/agent', old),
    lineOf('Provenance/by-agent', old, {
      target: [to(`Encounter/${encounter?.id ?? ''}`)],
      recorded: old,
      agent: [{ who: to('Practitioner/agent') }],
    }),
  ]);
  const types = ['Provenance', 'Practitioner'];
  const wanted = dataOf(store.model.present(), membersAt(store.model, 'same'), types);
  expect(keysOf(wanted)).toContain('Practitioner/agent');
  await expectExport(store.base, `/Group/same/$export?_type=${types.join()}`, wanted);
}, 30_000);

describe('patient with thousands of references', () => {
  const id = (n: number) => `crowd-${String(n).padStart(4, '0')}`;
  const crowd = Array.from({ length: 4000 }, (_, n) => id(n));
  const listed = crowd.slice(0, 3000);

  beforeAll(async () => {
    await store.load([
      ...crowd.map((each) => lineOf(`Patient/${each}`, old)),
      ...crowd.map((each) => observation(`of-${each}`, each)),
      groupLine('crowd', old, membersOf(listed)),
    ]);
  }, 60_000);

  /** In every way a patient may be referred to, and some twice. */
  const spelled = (ids: readonly string[]): string[] =>
    ids.flatMap((each, n) => [
      ['Patient/', '/Patient/', '', `${store.base}/Patient/`][n % 4] + each,
      ...(n % 100 === 0 ? [`Patient/${each}/_history/1`] : []),
    ]);

  const absent = ['nobody-1', 'nobody-2', 'nobody-3', 'nobody-4'];
  const levels: [string, string, string[], string[]][] = [
    ['/Patient/$export', 'do not exist', crowd.slice(500), absent],
    [
      '/Group/crowd/$export',
      'are not members of the Group',
      listed.slice(200, 2700),
      [...absent, ...crowd.slice(3000, 3005)],
    ],
  ];

  const namedIn = (text: string) => [...text.matchAll(/"([^"]+)"/g)].map(([, name]) => name);

  test.each(levels)(
    '%s gives the data of these',
    async (path, _why, known) => {
      const wanted = dataOf(store.model.present(), new Set(known));
      expect(wanted.length).toBe(2 * known.length);
      await expectExport(store.base, path, wanted, references(spelled(known)));
    },
    30_000,
  );

  test.each(levels)(
    '%s refuses those that %s, by their names',
    async (path, why, known, unknown) => {
      const refusal = async (ids: string[]) => {
        const answer = await kickOff(store.base, path, references(spelled(ids)));
        const { issue } = (await answer.json()) as {
          issue: { code: string; details: { text: string } }[];
        };
        expect([answer.status, issue.map(({ code }) => code)]).toEqual([400, ['not-found']]);
        return issue[0]?.details.text ?? '';
      };
      const text = await refusal([...known.slice(0, 1000), ...unknown, ...known.slice(1000)]);
      expect(text).toContain(why);
      expect(namedIn(text)).toEqual(unknown);
      const many = Array.from({ length: 2000 }, (_, n) => `nobody-${n + 10}`);
      expect(await refusal([...known, ...many])).toMatch(/"nobody-10", .* and 1990 more/);
    },
    30_000,
  );

  test.each(levels)(
    '%s leaves out of a lenient request those that %s, and tells of them',
    async (path, why, known, unknown) => {
      const manifest = await runExport(
        store.base,
        path,
        references(spelled([...unknown, ...known])),
        lenient,
      );
      const wanted = dataOf(store.model.present(), new Set(known)).map(({ line }) => line);
      expect(difference(await downloadLines(manifest.output), wanted)).toEqual(exactly(wanted));
      const [told = '', ...others] = await toldTexts(manifest);
      expect([told.includes(why), namedIn(told), others]).toEqual([true, unknown, []]);

      const nobody = await kickOff(store.base, path, references(unknown), lenient);
      expect([nobody.status, await nobody.text()]).toEqual([400, expect.stringContaining(why)]);
    },
    30_000,
  );
});
