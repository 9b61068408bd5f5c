import { FieldStore, resource, to } from './field-store.ts';

/* References within a Bundle, whatever names its entries have there. */

let store: FieldStore;
beforeAll(async () => {
  store = await FieldStore.create();
}, 60_000);
afterAll(() => store.drop());

const at = 'https://ehr.example/r4';

test('absolute references to entries of the same Bundle become relative, others are kept', async () => {
  const entry = [
    resource('Patient/a'),
    resource('Observation/a', {
      status: 'final',
      subject: to(`${at}/Patient/a`),
      performer: [to(`${at}/Practitioner/a/_history/4`), to(`${at}/Practitioner/elsewhere`)],
    }),
    resource('Practitioner/a'),
    resource('DocumentReference/a', {
      status: 'current',
      subject: to(`${at}/Patient/a`),
      content: [{ attachment: { url: `${at}/Binary/a` } }],
    }),
    resource('Binary/a', { contentType: 'text/plain', data: 'aGk=' }),
  ].map((each) => {
    const { resourceType, id } = each as { resourceType: string; id: string };
    return { fullUrl: `${at}/${resourceType}/${id}`, resource: each };
  });
  await store.load({ 'page.json': { resourceType: 'Bundle', type: 'searchset', entry } });
  expect((await store.export('/Patient/$export?patient=a')).sort()).toEqual([
    'DocumentReference/a',
    'Observation/a',
    'Patient/a',
    'Practitioner/a',
  ]);
  expect(await store.read('Observation/a')).toContain(`"${at}/Practitioner/elsewhere"`);
  expect(await store.read('DocumentReference/a')).toContain('"url":"Binary/a"');
});

test('urn names become relative in references, uris, urls and links of narrative, and nowhere else', async () => {
  const patient = 'urn:uuid:00000000-0000-4000-8000-0000000000a1';
  const doctor = 'urn:oid:1.2.840.1';
  const entry = [
    { fullUrl: patient, resource: { resourceType: 'Patient' } as object },
    { fullUrl: doctor, resource: resource('Practitioner/oid') },
    {
      fullUrl: 'urn:uuid:00000000-0000-4000-8000-0000000000a2',
      resource: resource('Composition/c', {
        status: 'final',
        identifier: { system: 'urn:ietf:rfc:3986', value: patient },
        subject: to(patient),
        author: [to(doctor)],
        extension: [{ url: 'http://x.example', valueUri: patient }],
        text: { status: 'generated', div: `<div><a href="${patient}">${patient}</a></div>` },
      }),
    },
  ].map((each) => ({ ...each, request: { method: 'POST', url: 'x' } }));
  await store.load({ 'tx.json': { resourceType: 'Bundle', type: 'transaction', entry } });
  const id = patient.slice('urn:uuid:'.length);
  expect((await store.export(`/Patient/$export?patient=${id}`)).sort()).toEqual([
    'Composition/c',
    `Patient/${id}`,
    'Practitioner/oid',
  ]);
  expect(JSON.parse((await store.read('Composition/c')) ?? '')).toMatchObject({
    identifier: { value: patient },
    extension: [{ valueUri: `Patient/${id}` }],
    text: { div: `<div><a href="Patient/${id}">${patient}</a></div>` },
  });
});
