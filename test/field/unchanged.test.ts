import { LoadedFolder, lineOf } from './loaded-folder.ts';

let folder: LoadedFolder;
beforeAll(async () => {
  folder = await LoadedFolder.create();
});
afterEach(() => folder.clear());
afterAll(() => folder.drop());

interface Row {
  seq: string;
  body: string;
  version_id: string;
  last_updated: Date;
  stored_at: Date;
  patient: string | null;
  deleted: boolean;
}

/** All that is stored, whole rows. */
async function rows(): Promise<Row[]> {
  const { rows: all } = await folder.database.pool.query<Row>(
    'select * from sluice.resources order by seq',
  );
  return all;
}

const count = 120;
const range = Array.from({ length: count }, (_, index) => String(index));
/** Enough lines to be told by their hashes; each says what `rest` makes of its id. */
const lines = (rest: (id: string) => object, type = 'Observation') =>
  range.map((id) => lineOf(`${type}/${id}`, rest(id))).join('');
const subject = { reference: 'Patient/p' };

test.each([
  ['stamps of their own', { meta: { versionId: '7', lastUpdated: '2024-01-01T00:00:00Z' } }],
  ['an instant alone', { meta: { lastUpdated: '2024-01-01T00:00:00.5+02:00', tag: [] } }],
  ['a version alone', { meta: { versionId: '7', profile: ['http://x'] } }],
  ['a meta without stamps', { meta: { profile: ['http://x'] } }],
  ['an empty meta', { meta: {} }],
  ['no meta', {}],
])('lines with %s are unchanged when they are loaded again', async (_, rest) => {
  const text = lines(() => ({ ...rest, subject, note: [{ text: 'ä "quoted" 𝄞' }] }));
  const path = await folder.put('a.ndjson', text);
  await folder.load([path]);
  const before = await rows();
  expect(before).toHaveLength(count);
  const { summary, problems } = await folder.load([path]);
  expect(problems).toEqual([]);
  expect(summary).toMatchObject({
    resources: 0,
    unchanged: count,
    byType: { Observation: count },
  });
  expect(await rows()).toEqual(before);
});

test('lines that put the id first, or meta last, or have spaces, are unchanged too', async () => {
  const meta = { lastUpdated: '2024-01-01T00:00:00Z', versionId: '1' };
  const text = range
    .map((id, index) => {
      const resourceType = 'Observation';
      if (index % 3 === 0) return JSON.stringify({ id, resourceType, meta, subject });
      if (index % 3 === 1) return JSON.stringify({ resourceType, id, subject, meta });
      return `{ "resourceType": "Observation", "id": "${id}", "subject": {"reference": "Patient/p"} }`;
    })
    .join('\n');
  const path = await folder.put('a.ndjson', text);
  await folder.load([path]);
  const before = await rows();
  expect((await folder.load([path])).summary).toMatchObject({ resources: 0, unchanged: count });
  expect(await rows()).toEqual(before);
});

test('what differs is stored among what does not, with its references', async () => {
  const path = await folder.put(
    'a.ndjson',
    lines(() => ({ subject })),
  );
  await folder.load([path]);
  const changed = lines((id) => ({
    subject: id === '60' ? { reference: 'Patient/q' } : subject,
  }));
  await folder.put('a.ndjson', changed);
  expect((await folder.load([path])).summary).toMatchObject({ resources: 1, unchanged: count - 1 });
  const current = (await rows()).filter(({ patient }) => patient === 'q');
  expect(current).toMatchObject([{ version_id: '2' }]);
});

test('states without a date, of one resource in one file, end as they did before', async () => {
  const state = (text: string) => lineOf('Observation/x', { subject, valueString: text });
  const fill = lines(() => ({ subject }));
  const text = state('a') + fill + state('b');
  const path = await folder.put('a.ndjson', text);
  await folder.load([path]);
  await folder.load([path]);
  expect((await folder.bodies()).get('Observation/x')).toContain('"valueString":"b"');
});

test('what was deleted comes back, and what is read as deleted goes', async () => {
  const path = await folder.put(
    'a.ndjson',
    lines(() => ({ subject })),
  );
  await folder.load([path]);
  const gone = await folder.put(
    'gone.json',
    JSON.stringify({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ request: { method: 'DELETE', url: 'Observation/3' } }],
    }),
  );
  await folder.load([gone]);
  expect(await folder.keys()).toHaveLength(count - 1);
  expect((await folder.load([path])).summary).toMatchObject({ resources: 1, unchanged: count - 1 });
  expect(await folder.keys()).toHaveLength(count);
});

test('with stamp, and in Bundles, what is there is unchanged', async () => {
  const entry = range.map((id) => ({
    resource: { resourceType: 'Observation', id, subject },
    request: { method: 'PUT', url: `Observation/${id}` },
  }));
  const bundle = JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry });
  const path = await folder.put('b.json', bundle);
  await folder.load([path], { stamp: true });
  const before = await rows();
  for (const stamp of [true, false]) {
    const { summary } = await folder.load([path], { stamp });
    expect(summary).toMatchObject({ resources: 0, unchanged: count });
  }
  expect(await rows()).toEqual(before);
});

test('an interrupted load goes on from what is there', async () => {
  const meta = { lastUpdated: '2024-01-01T00:00:00Z' };
  const text = lines(() => ({ meta, subject }));
  const part = await folder.put('part.ndjson', text.split('\n').slice(0, 70).join('\n'));
  await folder.load([part]);
  const whole = await folder.put('whole.ndjson', text);
  expect((await folder.load([whole])).summary).toMatchObject({ resources: 50, unchanged: 70 });
  expect(await folder.keys()).toHaveLength(count);
});

test('a text that a writer in SQL changed is told from the one that was loaded', async () => {
  const path = await folder.put(
    'a.ndjson',
    lines(() => ({ subject })),
  );
  await folder.load([path]);
  await folder.database.pool.query(
    `begin; select sluice.begin_write();
     insert into staged_resources (line, type, id, deleted, splice, head, patients)
     values (1, 'Observation', '5', false, 'none', '{"resourceType":"Observation","id":"5"}', '{p}');
     select sluice.merge_staged(); commit`,
  );
  expect((await folder.load([path])).summary).toMatchObject({ resources: 1, unchanged: count - 1 });
});
