import { FieldStore, identifier, resource, to } from './field-store.ts';

/* Conditional references in transactions, which have to lead to one resource, and those that a load writes as what they lead to. */

let store: FieldStore;
beforeAll(async () => {
  store = await FieldStore.create();
}, 60_000);
afterAll(() => store.drop());

const find = (type: string, value: string) => `${type}?identifier=http://ids.example|${value}`;

const put = (key: string, rest: object) => ({
  resource: resource(key, rest),
  request: { method: 'PUT', url: key },
});

const visit = (id: string, doctor: string) =>
  put(`Encounter/${id}`, { status: 'finished', participant: [{ individual: to(doctor) }] });

const transaction = (...entry: object[]) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry,
});

test('an entry is stored when what it refers to is in the store, in its Bundle or in a later file', async () => {
  await store.load({ 'a.ndjson': [resource('Practitioner/there', identifier('there'))] });
  const { messages, unresolved } = await store.load({
    '1.json': transaction(
      visit('there', find('Practitioner', 'there')),
      visit('here', find('Practitioner', 'here')),
      put('Practitioner/here', identifier('here')),
      visit('later', find('Practitioner', 'later')),
      put('Location/ward', {
        ...identifier('ward'),
        managingOrganization: to(find('Organization', 'clinic')),
      }),
      put('Location/bed', { ...identifier('bed'), partOf: to(find('Location', 'ward')) }),
    ),
    '2.json': transaction(put('Practitioner/later', identifier('later'))),
    '3.json': transaction(
      put('Organization/clinic', {
        ...identifier('clinic'),
        partOf: to(find('Organization', 'trust')),
      }),
    ),
    '4.ndjson': [resource('Organization/trust', identifier('trust'))],
  });
  expect([messages, unresolved]).toEqual([[], []]);
  for (const key of ['Encounter/there', 'Encounter/here', 'Encounter/later', 'Location/bed']) {
    expect(await store.read(key)).toContain('?identifier=http://ids.example|');
  }
  expect(await store.read('Organization/clinic')).toContain(find('Organization', 'trust'));
});

test('an entry fails when what it refers to is not there, there several times, or cannot be looked up', async () => {
  const files = {
    'a.ndjson': ['x', 'y'].map((id) => resource(`Practitioner/${id}`, identifier('twin'))),
    'b.json': transaction(
      visit('none', find('Practitioner', 'nobody')),
      visit('several', find('Practitioner', 'twin')),
      visit('unknown', 'Practitioner?name=x'),
      put('Observation/patient', { status: 'final', subject: to(find('Patient', 'nobody')) }),
      visit('fine', 'Practitioner/x'),
    ),
    'c.ndjson': [
      resource('Encounter/line', { participant: [{ individual: to(find('Practitioner', '0')) }] }),
    ],
  };
  const { messages, problemGroups } = await store.load(files);
  const told = [
    `entry 1: it refers to "${find('Practitioner', 'nobody')}", which finds no resource`,
    `entry 2: it refers to "${find('Practitioner', 'twin')}", which finds 2 resources`,
    'entry 3: it refers to "Practitioner?name=x", which cannot be looked up',
    'entry 4: it refers to "Patient?…", which finds no resource',
  ];
  expect(messages.map((message) => message.slice(0, message.indexOf(', so the entry')))).toEqual(
    told,
  );
  const [place] = problemGroups[0]?.places ?? [];
  expect([place?.file.endsWith('b.json'), place?.line]).toEqual([true, 1]);
  expect(await store.read('Encounter/none')).toBeUndefined();
  expect(await store.read('Encounter/several')).toBeUndefined();
  expect(await store.read('Encounter/fine')).toBeDefined();
  expect(await store.read('Encounter/line')).toBeDefined();

  const lenient = await store.load(files, { lenient: true });
  expect(lenient.messages).toEqual([]);
  expect(await store.read('Encounter/none')).toContain(find('Practitioner', 'nobody'));
  expect(lenient.unresolved.map(({ kind }) => kind)).toEqual(['search', 'none', 'several']);
});

test('a DELETE of a search deletes the one it finds, nothing where there is none, and fails for several', async () => {
  const remove = (value: string) => ({
    request: { method: 'DELETE', url: find('Organization', value) },
  });
  await store.load({
    'a.ndjson': [
      resource('Organization/old', identifier('old')),
      ...['t1', 't2'].map((id) => resource(`Organization/${id}`, identifier('two'))),
    ],
  });
  const { messages, deleted } = await store.load({
    'b.json': transaction(
      {
        fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001',
        resource: resource('Organization/new', identifier('old')),
        request: {
          method: 'POST',
          url: 'Organization',
          ifNoneExist: 'identifier=http://ids.example|old',
        },
      },
      remove('old'),
      remove('gone'),
      remove('two'),
    ),
  });
  expect(deleted).toBe(1);
  expect(messages).toEqual([expect.stringContaining('entry 4: Organization?identifier')]);
  expect(await store.read('Organization/old')).toBeUndefined();
  // Deletions come first, so there is none when the new one is looked for.
  expect(await store.read('Organization/new')).toBeDefined();
  expect(await store.read('Organization/t1')).toBeDefined();
});

test('with resolve what is stored has the literal form, also of what comes later, and keeps what leads nowhere', async () => {
  const performers = (...references: string[]) => ({ performer: references.map(to) });
  const files = {
    'Observation.ndjson':
      `{"resourceType":"Observation", "id":"spaced","subject":{"reference":"Patient?identifier=http:\\/\\/ids.example|pat"},"valueQuantity":{"value":1.50}}\n` +
      `${JSON.stringify(resource('Observation/some', performers(find('Practitioner', 'late'), find('Practitioner', 'nowhere'), 'Practitioner?name=x')))}\n`,
    'Patient.ndjson': [resource('Patient/pat', identifier('pat'))],
    'Practitioner.ndjson': [resource('Practitioner/late-one', identifier('late'))],
    'z.json': transaction(visit('resolved', find('Practitioner', 'late'))),
  };
  await store.load(files);
  expect(await store.read('Observation/some')).toContain(find('Practitioner', 'late'));

  const { messages, unresolved } = await store.load(files, { resolve: true });
  expect(messages).toEqual([]);
  expect(await store.read('Observation/spaced')).toContain(
    '"subject":{"reference":"Patient/pat"},"valueQuantity":{"value":1.50}}',
  );
  expect(await store.read('Observation/some')).toContain(
    JSON.stringify(
      performers('Practitioner/late-one', find('Practitioner', 'nowhere'), 'Practitioner?name=x'),
    ).slice(1, -1),
  );
  expect(await store.read('Encounter/resolved')).toContain('"Practitioner/late-one"');
  expect(unresolved.map(({ kind, count }) => [kind, count])).toEqual([
    ['search', 1],
    ['none', 1],
  ]);
  expect(await store.export('/Patient/$export?patient=pat')).toContain('Observation/spaced');
});

test('the people and places of care of Synthea are read before what searches for them', async () => {
  const { messages } = await store.load({
    'Abe_Doe.json': transaction(visit('abe', find('Practitioner', 'info'))),
    'practitionerInformation1.json': transaction(put('Practitioner/info', identifier('info'))),
  });
  expect(messages).toEqual([]);
  expect(await store.read('Encounter/abe')).toBeDefined();
});
