import { downloadLines, runExport } from '../support/export-client.ts';
import { FieldStore, group, resource, to } from './field-store.ts';

/* References on the names of the store: its own base, former ones, and one that only a load knows of. */

const former = 'https://old.example/fhir';
const known = 'http://inside.example:8080/r4';
const elsewhere = 'https://else.example/fhir';

let store: FieldStore;

beforeAll(async () => {
  store = await FieldStore.create({ LOCAL_BASES: `${former}/, ` });
  const bases = [store.base, former, known];
  const lines = bases.flatMap((base, n) => [
    resource(`Patient/p${n}`),
    resource(`Observation/o${n}`, {
      status: 'final',
      subject: to(`${base}/Patient/p${n}`),
      performer: [to(`${base}/Practitioner/d${n}/_history/3`)],
    }),
    resource(`Practitioner/d${n}`),
    resource(`Provenance/v${n}`, { target: [to(`${base}/Observation/o${n}`)] }),
  ]);
  await store.load(
    {
      'all.ndjson': [
        ...lines,
        resource('Observation/stranger', { subject: to(`${elsewhere}/Patient/p0`) }),
        group('g', ...bases.map((base, n) => `${base}/Patient/p${n}`), `${elsewhere}/Patient/p0`),
        resource('DocumentReference/doc', {
          status: 'current',
          subject: to('Patient/p0'),
          content: [{ attachment: { url: `${former}/Binary/b` } }],
        }),
        resource('Binary/b', { contentType: 'text/plain', data: 'aGk=' }),
      ],
    },
    { bases: [`${known}/`] },
  );
}, 60_000);
afterAll(() => store.drop());

const everything = (n: number) =>
  ['Observation/o', 'Patient/p', 'Practitioner/d', 'Provenance/v'].map((key) => key + n);

test('a Group whose members are named by absolute references on the store has all of their data', async () => {
  const found = await store.export('/Group/g/$export');
  expect(found.sort()).toEqual([...[0, 1, 2].flatMap(everything), 'DocumentReference/doc'].sort());
});

test('an export of one patient has the same data of theirs', async () => {
  const path = '/Patient/$export?patient=' + encodeURIComponent(`${former}/Patient/p1`);
  expect((await store.export(path)).sort()).toEqual(everything(1));
});

test('a filter finds references on every name of the store, and none on others', async () => {
  const found = async (value: string) => {
    const filter = encodeURIComponent(`Observation?subject=${value}`);
    return (await store.export(`/$export?_type=Observation&_typeFilter=${filter}`)).sort();
  };
  expect(await found('Patient/p2')).toEqual(['Observation/o2']);
  expect(await found(`${known}/Patient/p1`)).toEqual(['Observation/o1']);
  expect(await found(`${elsewhere}/Patient/p0`)).toEqual(['Observation/stranger']);
});

test('an attachment on a former name of the store has a URL of the export', async () => {
  const { output } = await runExport(store.base, '/$export?_type=DocumentReference');
  const [line = ''] = await downloadLines(output);
  expect(line).toContain('/$export-attachment/');
  expect(line).not.toContain(former);
});
