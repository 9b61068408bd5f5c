import { FieldStore, group, identifier, resource, to } from './field-store.ts';

/* References that search for their target, in NDJSON: they stay as they are written, and exports follow them. */

let store: FieldStore;
beforeAll(async () => {
  store = await FieldStore.create();
}, 60_000);
afterAll(() => store.drop());

const find = (type: string, value: string, system = 'http://ids.example') =>
  `${type}?identifier=${system}|${value}`;

const visit = (id: string, subject: string, doctor: string) =>
  resource(`Encounter/${id}`, {
    status: 'finished',
    subject: to(subject),
    participant: [{ individual: to(doctor) }],
  });

test('what a search leads to comes along, whichever of the two is loaded first, and by how many loads', async () => {
  await store.load({
    'Encounter.ndjson': [
      visit('before', 'Patient/p', find('Practitioner', 'late')),
      visit('same', 'Patient/p', find('Practitioner', 'same')),
      visit('encoded', 'Patient/p', 'Practitioner?identifier=http%3A%2F%2Fids.example%7Cencoded'),
      visit('bare', 'Patient/p', 'Practitioner?identifier=bare'),
      visit('by-id', 'Patient/p', 'Practitioner?_id=plain'),
      visit('nobody', 'Patient/p', find('Practitioner', 'nobody')),
    ],
    'Patient.ndjson': [resource('Patient/p')],
    'Practitioner.ndjson': [
      resource('Practitioner/same', identifier('same')),
      resource('Practitioner/encoded', identifier('encoded')),
      resource('Practitioner/bare', identifier('bare', 'urn:any')),
      resource('Practitioner/plain'),
      resource('Practitioner/other-system', identifier('late', 'http://other.example')),
    ],
  });
  const practitioners = async () =>
    (await store.export('/Patient/$export?patient=p&_type=Practitioner')).sort();
  const reached = ['bare', 'encoded', 'plain', 'same'].map((id) => `Practitioner/${id}`);
  expect(await practitioners()).toEqual(reached);

  await store.load({ 'more.ndjson': [resource('Practitioner/late', identifier('late'))] });
  expect(await practitioners()).toEqual([...reached, 'Practitioner/late'].sort());
  expect(await store.read('Encounter/before')).toContain(find('Practitioner', 'late'));

  // Of two that have it neither is meant; and no more once it has changed.
  await store.load({
    'more.ndjson': [
      resource('Practitioner/twin', identifier('late')),
      resource('Practitioner/same', identifier('changed')),
    ],
  });
  expect(await practitioners()).toEqual(reached.filter((key) => key !== 'Practitioner/same'));
});

test('a patient found by identifier has the data of their compartment at every level', async () => {
  await store.load({
    'a.ndjson': [
      visit('first', find('Patient', '1'), find('Practitioner', 'd')),
      visit('second', 'Patient/two', find('Practitioner', 'd')),
      resource('Observation/both', {
        subject: to(find('Patient', '1')),
        performer: [to('Patient/one')],
      }),
      resource('Provenance/of-visit', { target: [to('Encounter/first')] }),
      resource('Provenance/of-patient', { target: [to(find('Patient', '1'))] }),
      group('g', find('Patient', '1'), find('Group', 'nested'), find('Patient', 'nobody')),
      { ...group('n', 'Patient/three'), ...identifier('nested') },
      resource('Observation/three', { subject: to(find('Patient', '3')) }),
    ],
    'b.ndjson': [
      resource('Patient/one', identifier('1')),
      resource('Patient/two', identifier('2')),
      resource('Patient/three', identifier('3')),
      resource('Practitioner/d', identifier('d')),
    ],
  });
  const one = [
    'Encounter/first',
    'Observation/both',
    'Patient/one',
    'Practitioner/d',
    'Provenance/of-patient',
    'Provenance/of-visit',
  ];
  expect((await store.export('/Patient/$export?patient=one')).sort()).toEqual(one);
  expect((await store.export('/Group/g/$export')).sort()).toEqual(
    [...one, 'Observation/three', 'Patient/three'].sort(),
  );
  expect((await store.export('/Patient/$export?patient=one,two,three')).sort()).toEqual(
    [...one, 'Encounter/second', 'Observation/three', 'Patient/three', 'Patient/two'].sort(),
  );
});
