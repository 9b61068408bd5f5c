import { downloadLines, runExport } from '../support/export-client.ts';
import { FieldStore, resource } from './field-store.ts';

const stores: FieldStore[] = [];
async function createStore(): Promise<FieldStore> {
  const store = await FieldStore.create();
  stores.push(store);
  return store;
}
afterAll(() => Promise.all(stores.map((store) => store.drop())));

const subject = { reference: 'Patient/p' };
/** A version that says when it was made. */
const version = (key: string, number: number, rest: object = {}) =>
  resource(key, {
    meta: { versionId: String(number), lastUpdated: `2024-01-0${number}T00:00:00Z` },
    ...rest,
  });
const remove = (...keys: string[]) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: keys.map((url) => ({ request: { method: 'DELETE', url } })),
});

async function linesOf(store: FieldStore, path: string): Promise<string[]> {
  const { output } = await runExport(store.base, path);
  return (await downloadLines(output)).sort();
}

/** What the store has had, version by version. */
async function historyOf(store: FieldStore): Promise<string[]> {
  const rows = await store.deployment.query<{ text: string }>(
    `select concat_ws(' ', type, id, version_id, case when deleted then 'deleted' end, body) as text
       from sluice.resources order by type, id, seq`,
  );
  return rows.map(({ text }) => text);
}

test('what an export with _history gave loads as the same history', async () => {
  const store = await createStore();
  const observation = (number: number) =>
    version('Observation/o', number, { subject, valueString: `v${number}` });
  await store.load({ 'a.ndjson': [version('Patient/p', 1), observation(1), observation(2)] });
  await store.load({ 'b.ndjson': [observation(3), version('Patient/p', 4, { gender: 'other' })] });
  await store.load({ 'c.ndjson': [version('Observation/x', 1, { subject }), observation(5)] });
  const path = '/$export?includeAssociatedData=_history';
  const lines = await linesOf(store, path);
  expect(lines).toHaveLength(7);

  const other = await createStore();
  const { output } = await runExport(store.base, path);
  const text = `${(await downloadLines(output)).join('\n')}\n`;
  const loaded = await other.load({ 'history.ndjson': text });
  expect(loaded).toMatchObject({ resources: 7, older: 0, messages: [] });
  expect(await linesOf(other, path)).toEqual(lines);
  expect(await historyOf(other)).toEqual(await historyOf(store));
  expect(await other.load({ 'history.ndjson': text })).toMatchObject({
    resources: 0,
    messages: [],
  });
  expect(await historyOf(other)).toEqual(await historyOf(store));
});

test('what an export with _deleted gave loads as deletions', async () => {
  const store = await createStore();
  const files = {
    'a.ndjson': [
      version('Patient/p', 1),
      version('Patient/q', 1),
      version('Observation/o', 1, { subject }),
    ],
  };
  await store.load(files);
  await store.load({ 'gone.json': remove('Patient/q', 'Observation/o') });
  const path = '/$export?includeAssociatedData=_deleted';
  const lines = await linesOf(store, path);

  const other = await createStore();
  await other.load(files);
  const loaded = await other.load({ 'deleted.ndjson': `${lines.join('\n')}\n` });
  expect(loaded).toMatchObject({ deleted: 2, older: 0, messages: [] });
  expect(await other.export('/$export')).toEqual(await store.export('/$export'));
  expect(await linesOf(other, path)).toHaveLength(lines.length);
});

test('a lastUpdated that is still to come is kept, and warned of', async () => {
  const store = stores[0] ?? (await createStore());
  const meta = { lastUpdated: '2124-01-01T00:00:00Z' };
  const { keptFutureStamps } = await store.load({ 'f.ndjson': resource('Patient/f', { meta }) });
  expect(keptFutureStamps).toEqual({ count: 1, latest: '2124-01-01T00:00:00.000000Z' });
  expect(await store.load({ 'f.ndjson': resource('Patient/f', { meta }) })).not.toHaveProperty(
    'keptFutureStamps',
  );
});
