import { checkReferences } from '@sluice/loader';
import { FieldStore, identifier, resource, to } from './field-store.ts';

/* Entries of Bundles that say by a search what they are about, and what a load says of references that lead nowhere. */

let store: FieldStore;
beforeAll(async () => {
  store = await FieldStore.create();
}, 60_000);
afterAll(() => store.drop());

const system = 'http://ids.example';
const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** An entry that is created unless there is one with the identifier. */
const unlessThere = (n: number, value: string) => ({
  fullUrl: `urn:uuid:${uuid(n)}`,
  resource: resource(`Practitioner/${uuid(n)}`, identifier(value)),
  request: {
    method: 'POST',
    url: 'Practitioner',
    ifNoneExist: `identifier=${encodeURIComponent(`${system}|${value}`)}`,
  },
});

const visit = (n: number, doctor: number) => ({
  fullUrl: `urn:uuid:${uuid(n)}`,
  resource: resource(`Encounter/${uuid(n)}`, {
    status: 'finished',
    participant: [{ individual: to(`urn:uuid:${uuid(doctor)}`) }],
  }),
  request: { method: 'POST', url: 'Encounter' },
});

const bundle = (...entry: object[]) => ({ resourceType: 'Bundle', type: 'transaction', entry });

test('an entry with ifNoneExist is created once, and whoever refers to it refers to the one that is there', async () => {
  const { messages } = await store.load({
    '1.json': bundle(unlessThere(1, 'one'), visit(2, 1)),
    '2.json': bundle(
      unlessThere(3, 'one'),
      visit(4, 3),
      unlessThere(5, 'two'),
      unlessThere(6, 'two'),
      visit(7, 6),
    ),
  });
  expect(messages).toEqual([]);
  expect(await store.read(`Encounter/${uuid(4)}`)).toContain(`"Practitioner/${uuid(1)}"`);
  expect(await store.read(`Encounter/${uuid(7)}`)).toContain(`"Practitioner/${uuid(5)}"`);
  expect(await store.read(`Practitioner/${uuid(3)}`)).toBeUndefined();
  expect(await store.read(`Practitioner/${uuid(6)}`)).toBeUndefined();

  const again = await store.load({ '3.json': bundle(unlessThere(8, 'two'), visit(9, 8)) });
  expect(again.resources).toBe(1);
  expect(await store.read(`Encounter/${uuid(9)}`)).toContain(`"Practitioner/${uuid(5)}"`);
});

test('a PUT of a search updates the one that is there, creates one, or fails', async () => {
  const put = (n: number, value: string, rest: object = {}) => ({
    fullUrl: `urn:uuid:${uuid(n)}`,
    resource: resource(`Organization/${uuid(n)}`, { ...identifier(value), ...rest }),
    request: { method: 'PUT', url: `Organization?identifier=${system}|${value}` },
  });
  await store.load({ '1.json': bundle(put(11, 'org', { name: 'before' })) });
  await store.load({ '2.json': bundle(put(12, 'org', { name: 'after' })) });
  expect(await store.read(`Organization/${uuid(11)}`)).toContain('"name":"after"');
  expect(await store.read(`Organization/${uuid(12)}`)).toBeUndefined();

  await store.load({
    'more.ndjson': ['a', 'b'].map((id) => resource(`Organization/${id}`, identifier('twin'))),
  });
  const { messages } = await store.load({
    '3.json': bundle(put(13, 'twin'), {
      resource: resource('Organization/x'),
      request: { method: 'PUT', url: 'Organization?name=x' },
    }),
  });
  expect(messages).toEqual([
    expect.stringContaining(
      'entry 1: Organization?identifier=http://ids.example|twin finds 2 resources',
    ),
    expect.stringContaining('entry 2: Organization?name=x is no search that can be looked up'),
  ]);
});

test('a load says which references lead nowhere, by kind and with examples', async () => {
  const about = (id: string, ...references: string[]) =>
    resource(`Observation/${id}`, { status: 'final', performer: references.map(to) });
  const { unresolved, messages } = await store.load({
    'Observation.ndjson': [
      about('o1', 'https://else.example/Practitioner/1', 'urn:uuid:1', 'Practitioner?name=x'),
      about('o2', `Practitioner?identifier=${system}|gone`, 'Practitioner/gone', 'Patient/gone'),
      about('o3', `Organization?identifier=${system}|twin`, 'Practitioner/later', '#c'),
      about('o4', 'Practitioner/gone', `Practitioner?identifier=${system}|later`),
    ],
    'Practitioner.ndjson': [resource('Practitioner/later', identifier('later'))],
  });
  expect(messages).toEqual([]);
  expect(unresolved).toEqual([
    { kind: 'elsewhere', count: 1, examples: ['https://else.example/Practitioner/1'] },
    { kind: 'urn', count: 1, examples: ['urn:uuid:1'] },
    { kind: 'search', count: 1, examples: ['Practitioner?name=x'] },
    { kind: 'none', count: 1, examples: [`Practitioner?identifier=${system}|gone`] },
    { kind: 'several', count: 1, examples: [`Organization?identifier=${system}|twin`] },
    {
      kind: 'missing',
      count: 2,
      examples: ['Patient/gone', 'Practitioner/gone'],
    },
  ]);
});

test('a check of the store finds the same, and missing resources of every type', async () => {
  await store.load({
    'Observation.ndjson': [
      resource('Observation/o5', { status: 'final', encounter: to('Encounter/gone') }),
    ],
  });
  const { unresolved } = await checkReferences(store.deployment.database.pool);
  expect(unresolved.map(({ kind }) => kind)).toEqual([
    'elsewhere',
    'urn',
    'search',
    'none',
    'several',
    'missing',
  ]);
  expect(unresolved.at(-1)?.examples).toContain('Encounter/gone');
});
