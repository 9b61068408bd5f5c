import { deletedKeys, expectExport } from '../support/compare-export.ts';
import { kickOff } from '../support/export-client.ts';
import { dataOf } from '../support/patients-data.ts';
import { keysOf, readFirstPatients, ServedStore } from '../support/served-store.ts';
import { changedAfter, edited, lineOf } from '../support/stored-model.ts';
import { members, old, ownLines, recent, since, to } from '../support/supporting-data.ts';
import { isCompartmentType, type Sample } from '../support/synthea.ts';

/*
 * What exports of patients hold besides what is in their compartments, on the data of some of the Synthea
 * patients and resources of the test's own that refer to each other in every way.
 */

let store: ServedStore;
/** Sorted ids; `few` and `many` are the Groups of some of them. */
let patients: string[];
let few: ReadonlySet<string>;
let many: ReadonlySet<string>;

beforeAll(async () => {
  const samples = await readFirstPatients(11);
  patients = samples
    .filter(({ type }) => type === 'Patient')
    .map(({ id }) => id)
    .sort();
  few = new Set(patients.slice(0, 2));
  many = new Set(patients.slice(0, -2));
  store = await ServedStore.create(samples);
  await store.load([
    ...ownLines(patients[0] ?? '', patients.at(-1) ?? ''),
    lineOf('Group/few', old, { ...members(few), managingEntity: to('Organization/of-few') }),
    lineOf('Group/many', old, { ...members(many), managingEntity: to('Organization/of-many') }),
    lineOf('Organization/of-few', old),
    lineOf('Organization/of-many', old),
  ]);
}, 120_000);
afterAll(() => store.drop());

const about = (ids: ReadonlySet<string>, types?: readonly string[]) =>
  dataOf(store.model.present(), ids, types);
const expectGroupFew = (query: string, wanted: readonly Sample[]) =>
  expectExport(store.base, `/Group/few/$export${query}`, wanted);
const outside = (samples: readonly Sample[]) =>
  samples.filter(({ type }) => !isCompartmentType(type));

test('at every level patients come with what they refer to outside the compartment, at most three references away', async () => {
  const all = new Set(patients);
  const wanted: [string, readonly Sample[]][] = [
    ['/Patient/$export', about(all)],
    ['/Group/many/$export', about(many)],
    ['/Group/few/$export', about(few)],
    [`/Patient/$export?patient=${[...few].join()}`, about(few)],
  ];
  for (const [path, samples] of wanted) await expectExport(store.base, path, samples);

  const held = new Set(keysOf(about(few)));
  const listed = (keys: string[]) => keys.filter((key) => held.has(key));
  const reached = [
    'PractitionerRole/role',
    'Practitioner/doctor',
    'Organization/low',
    'Organization/middle',
    'Organization/again',
    'Organization/extension',
    'Practitioner/inner',
    'Practitioner/versioned',
    'Practitioner/escaped',
    'Organization/owner',
    'Organization/mine',
    'Device/unused',
    'Task/mine',
    'Practitioner/shared',
  ];
  expect(listed(reached)).toEqual(reached);
  expect(
    listed([
      'Organization/top',
      'Device/theirs',
      'Organization/theirs',
      'Task/theirs',
      'Task/ours',
      'Task/unreferenced',
      'Practitioner/last',
      'Practitioner/idle',
      'Binary/picture',
      'Bundle/letter',
    ]),
  ).toEqual([]);
  expect(outside(about(few)).length).toBeGreaterThan(reached.length);
}, 60_000);

test.each([
  ['only if named, and by way of what is named', ['Observation', 'Organization']],
  ['transitively by way of named ones', ['Observation', 'PractitionerRole', 'Organization']],
  ['not at all', ['Patient', 'Observation']],
  ['from all of the data when they are named alone', ['Organization']],
  [
    'from all of the data, transitively',
    ['Device', 'Location', 'Task', 'Organization', 'PractitionerRole'],
  ],
  ['of types that nothing refers to directly', ['Condition', 'Practitioner']],
  ['Devices of the patients', ['Device']],
])(
  'with _type supporting resources come %s',
  async (_what, types) => {
    await expectGroupFew(`?_type=${types.join()}`, about(few, types));
    await expectExport(
      store.base,
      `/Patient/$export?_type=${types.join()}`,
      about(new Set(patients), types),
    );
  },
  30_000,
);

test('of Groups only those that come bring along what they refer to', async () => {
  const managing = (samples: readonly Sample[]) =>
    keysOf(samples).filter((key) => key.startsWith('Organization/of-'));
  expect(managing(about(many))).toEqual([]);
  const types = ['Group', 'Organization'];
  const query = `?_type=${types.join()}`;
  const isRight = ({ type, id }: Sample) => type !== 'Group' || id === 'few';
  const wanted = dataOf(store.model.present().filter(isRight), few, types);
  expect(managing(wanted)).toEqual(['Organization/of-few']);
  await expectGroupFew(query, wanted);
  const everybody = about(new Set(patients), types);
  expect(managing(everybody)).toEqual(['Organization/of-few', 'Organization/of-many']);
  await expectExport(store.base, `/Patient/$export${query}`, everybody);
}, 30_000);

test('with _typeFilter they are what the resources that passed refer to', async () => {
  const isAsked = ({ type, line }: Sample) =>
    type !== 'Encounter' ||
    (JSON.parse(line) as { class?: { code: string } }).class?.code === 'EMER';
  const types = ['Encounter', 'Location', 'Practitioner'];
  const filter = '_typeFilter=Encounter%3Fclass%3DEMER';
  const wanted = dataOf(store.model.present().filter(isAsked), many, types);
  // Of the small data nothing passes.
  expect(wanted.length).toBeLessThan(about(many, types).length);
  await expectExport(store.base, `/Group/many/$export?_type=${types.join()}&${filter}`, wanted);

  const named = about(few).filter(({ type, id }) => type !== 'Organization' || id === 'low');
  await expectGroupFew('?_typeFilter=Organization%3F_id%3Dlow,top', named);
}, 30_000);

test('with a _typeFilter of their own the way leads through those that pass, step by step', async () => {
  const pass = (ids: Record<string, string[]>) => {
    const passing = store.model.present().filter(({ type, id }) => ids[type]?.includes(id) ?? true);
    const filters = Object.entries(ids).map(
      ([type, of]) => `_typeFilter=${type}%3F_id%3D${of.join()}`,
    );
    return { wanted: dataOf(passing, few), query: `?${filters.join('&')}` };
  };
  const steps = {
    PractitionerRole: ['role'],
    Organization: ['low', 'middle', 'top', 'owner'],
    Device: ['tool', 'unused'],
  };
  const { wanted, query } = pass(steps);
  expect(keysOf(wanted)).toEqual(
    expect.arrayContaining([
      'Device/tool',
      'Device/unused',
      'Location/store',
      'Organization/middle',
      'Organization/owner',
      'Practitioner/doctor',
    ]),
  );
  expect(keysOf(wanted)).not.toContain('Organization/top');
  await expectGroupFew(query, wanted);
  await expectGroupFew(`${query}&_since=${since}`, changedAfter(wanted, since));

  const closed = pass({ ...steps, PractitionerRole: ['none'], Device: ['unused'] });
  expect(keysOf(closed.wanted)).not.toContain('Practitioner/doctor');
  await expectGroupFew(closed.query, closed.wanted);
}, 30_000);

describe('with _since', () => {
  test('they come when they changed, whether or not what refers to them did', async () => {
    const wanted = changedAfter(about(few), since);
    expect(keysOf(wanted)).toEqual(expect.arrayContaining(['Organization/low', 'Task/mine']));
    await expectGroupFew(`?_since=${since}`, wanted);
    await expectExport(
      store.base,
      `/Patient/$export?_since=${since}`,
      changedAfter(about(new Set(patients)), since),
    );
  }, 30_000);

  test('with SINCE_CONTEXT=always they come whenever they changed', async () => {
    await store.serve({ SINCE_CONTEXT: 'always' });
    const changed = new Set(changedAfter(about(few), since));
    const isOwn = ({ type, line }: Sample) =>
      isCompartmentType(type) || (type === 'Device' && line.includes('"Patient/'));
    const wanted = about(few).filter((sample) => changed.has(sample) || !isOwn(sample));
    expect(wanted.length).toBeGreaterThan(changed.size);
    await expectGroupFew(`?_since=${since}`, wanted);
    await store.serve();
  }, 60_000);
});

describe('with SUPPORTING_RESOURCES=off', () => {
  beforeAll(() => store.serve({ SUPPORTING_RESOURCES: 'off' }), 60_000);
  afterAll(() => store.serve(), 60_000);

  test('nothing from outside the compartment comes', async () => {
    const wanted = about(few).filter(({ type }) => isCompartmentType(type));
    await expectGroupFew('', wanted);
  }, 30_000);

  test('asking for it by name is refused', async () => {
    const answer = await kickOff(store.base, '/Group/few/$export?_type=Organization');
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringContaining('adds no supporting resources'),
    ]);
  });
});

describe('after changes', () => {
  const types = ['Observation', 'Practitioner', 'PractitionerRole', 'Organization', 'Task'];
  const query = `?_type=${types.join()}`;
  const expectFew = async (without: string[]) => {
    const wanted = about(few, types);
    expect(keysOf(wanted).filter((key) => without.includes(key))).toEqual([]);
    await expectGroupFew(query, wanted);
  };

  test('what nothing refers to any more is out, and what something else refers to stays', async () => {
    const first = patients[0] ?? '';
    const drop = (key: string, at = recent) =>
      edited(store.model.one(key), at, (resource) => {
        delete resource['performer'];
        delete resource['partOf'];
      });
    await store.load([
      // The others still refer to them.
      lineOf('Observation/also-shared', recent, {
        status: 'final',
        subject: to(`Patient/${first}`),
        performer: [to('Practitioner/shared')],
      }),
    ]);
    await store.load([
      drop('Observation/own-row'),
      drop('Observation/own-others'),
      drop('Organization/round'),
    ]);
    await expectFew([
      'PractitionerRole/role',
      'Practitioner/doctor',
      'Organization/low',
      'Organization/middle',
      'Organization/again',
    ]);
    expect(keysOf(about(few, types))).toContain('Practitioner/shared');
  }, 30_000);

  test('what is referred to again is in again', async () => {
    const again = edited(store.model.one('Observation/own-row'), recent, (resource) => {
      resource['performer'] = [to('PractitionerRole/role')];
    });
    await store.load([again]);
    expect(keysOf(about(few, types))).toContain('Organization/middle');
    await expectFew([]);
  }, 30_000);

  test('a reference ends with the resource that made it', async () => {
    await store.remove(['Observation/own-row', 'Observation/own-circle']);
    await expectFew(['PractitionerRole/role', 'Organization/round']);
  }, 30_000);

  test('deletions are told of those that are referred to', async () => {
    const before = await store.now();
    await store.remove([
      'Practitioner/shared',
      'Practitioner/last',
      'Practitioner/idle',
      'Organization/extension',
      'Device/unused',
      'Observation/own-words',
    ]);
    expect(await deletedKeys(await expectGroupFew(`?_since=${before}`, []))).toEqual([
      'Device/unused',
      'Observation/own-words',
      'Organization/extension',
      'Practitioner/shared',
    ]);
    const everybody = await expectExport(store.base, `/Patient/$export?_since=${before}`, []);
    expect(await deletedKeys(everybody)).toEqual([
      'Device/unused',
      'Observation/own-words',
      'Organization/extension',
      'Practitioner/last',
      'Practitioner/shared',
    ]);
    const orphans = await expectExport(
      store.base,
      `/Group/few/$export?_since=${before}&_type=Observation`,
      [],
    );
    expect(await deletedKeys(orphans)).toEqual(['Observation/own-words']);
    await expectGroupFew('', about(few));
  }, 30_000);

  test('they are told of those, too, that nothing refers to any more, as an earlier export may hold them', async () => {
    const [first = ''] = patients;
    const by = (id: string, key: string) =>
      lineOf(`Observation/${id}`, old, {
        status: 'final',
        subject: to(`Patient/${first}`),
        performer: [to(key)],
      });
    await store.load([
      by('last-words', 'PractitionerRole/last'),
      lineOf('PractitionerRole/last', old, { organization: to('Organization/last') }),
      lineOf('Organization/last', old, { partOf: to('Organization/last-but-one') }),
      lineOf('Organization/last-but-one', old, { partOf: to('Organization/too-far') }),
      lineOf('Organization/too-far', old),
      by('second-thoughts', 'Practitioner/once'),
      lineOf('Practitioner/once', old),
      by('of-tool', 'Device/lent'),
      lineOf('Device/lent', old, { owner: to('Organization/lender') }),
      lineOf('Organization/lender', old),
      lineOf('Provenance/of-words', old, {
        target: [to('Observation/last-words')],
        recorded: old,
        agent: [{ who: to('Practitioner/witness') }],
      }),
      lineOf('Practitioner/witness', old),
    ]);
    const before = await store.now();
    // No way leads through what tells of a stranger now.
    await store.load([
      edited(store.model.one('Observation/second-thoughts'), old, (it) => delete it['performer']),
      edited(store.model.one('Device/lent'), old, (it) => {
        it['patient'] = to(`Patient/${patients.at(-1) ?? ''}`);
      }),
    ]);
    const gone = [
      'Observation/last-words',
      'Organization/last',
      'Organization/last-but-one',
      'Practitioner/once',
      'Practitioner/witness',
      'PractitionerRole/last',
      'Provenance/of-words',
    ];
    await store.remove([...gone, 'Organization/too-far', 'Organization/lender']);
    const changes = `/Group/few/$export?_since=${before}`;
    expect(await deletedKeys(await expectExport(store.base, changes, []))).toEqual(gone);
    const types = '&_type=Observation,PractitionerRole,Practitioner';
    expect(await deletedKeys(await expectExport(store.base, changes + types, []))).toEqual([
      'Observation/last-words',
      'Practitioner/once',
      'PractitionerRole/last',
    ]);
    // And of these none that has come back.
    const back = store.model.one('Organization/last').line;
    await store.load([edited({ line: back }, old)]);
    expect(await deletedKeys(await expectExport(store.base, changes, []))).toEqual(
      gone.filter((key) => key !== 'Organization/last'),
    );
  }, 60_000);
});
