import { markDeleted } from '@sluice/fhir';
import { LoadedFolder, lineOf } from './loaded-folder.ts';

let folder: LoadedFolder;
beforeAll(async () => {
  folder = await LoadedFolder.create();
});
afterEach(() => folder.clear());
afterAll(() => folder.drop());

/** A version of Patient/p that was made in this month of 2024. */
const version = (number: number, key = 'Patient/p') =>
  lineOf(key, {
    meta: { versionId: String(number), lastUpdated: `2024-0${number}-01T00:00:00Z` },
    gender: `v${number}`,
  });

async function load(text: string | Buffer, options = {}, name = 'a.ndjson') {
  const { summary, problems } = await folder.load([await folder.put(name, text)], options);
  expect(problems).toEqual([]);
  return summary;
}

/** The versions of Patient/p that the store has, oldest first; a deletion is `-`. */
async function history(): Promise<string[]> {
  const { rows } = await folder.database.pool.query<{ body: string; deleted: boolean }>(
    `select body, deleted from sluice.resources where type = 'Patient' and id = 'p' order by seq`,
  );
  return rows.map(({ body, deleted }) =>
    deleted ? '-' : (JSON.parse(body) as { gender: string }).gender,
  );
}

test('an older export does not replace what is newer, unless it is to', async () => {
  await load(version(5));
  expect(await load(version(2))).toMatchObject({ resources: 0, older: 1 });
  expect(await history()).toEqual(['v5']);
  expect(await load(version(2), { overwrite: true })).toMatchObject({ resources: 1, older: 0 });
  expect(await history()).toEqual(['v5', 'v2']);
});

test('versions in one file become the history, and the newest stands wherever it is', async () => {
  const lines = version(1) + version(2) + version(4) + version(3);
  expect(await load(lines)).toMatchObject({ resources: 3, older: 1 });
  expect(await history()).toEqual(['v1', 'v2', 'v4']);
  expect(await load(lines)).toMatchObject({ resources: 0, older: 3, unchanged: 1 });
  expect(await history()).toEqual(['v1', 'v2', 'v4']);
});

test('versions in several files are in the order of the numbers in their names', async () => {
  await folder.put('many/Patient-9.ndjson', version(1));
  await folder.put('many/Patient-10.ndjson', version(2));
  const { summary } = await folder.load([`${folder.path}/many`]);
  expect(summary).toMatchObject({ resources: 2, older: 0 });
  expect(await history()).toEqual(['v1', 'v2']);
});

test('at the same instant the lower version is older', async () => {
  const at = (versionId: string) =>
    lineOf('Patient/p', {
      meta: { versionId, lastUpdated: '2024-01-01T00:00:00Z' },
      gender: `v${versionId}`,
    });
  await load(at('10'));
  expect(await load(at('9'))).toMatchObject({ older: 1 });
  expect(await history()).toEqual(['v10']);
});

test('what the store stamped itself is not newer than what says how old it is', async () => {
  await load(lineOf('Patient/p', { gender: 'mine' }));
  expect(await load(version(3))).toMatchObject({ resources: 1, older: 0 });
  expect(await history()).toEqual(['mine', 'v3']);
});

test('what is marked as deleted in meta is deleted, unless the store has a newer state', async () => {
  const marked = (number: number) => markDeleted(Buffer.from(version(number).trim()));
  await load(version(2));
  expect(await load(marked(1))).toMatchObject({ deleted: 0, older: 1 });
  expect(await load(marked(2))).toMatchObject({ deleted: 1, resources: 0 });
  expect(await history()).toEqual(['v2', '-']);
  expect(await load(marked(2))).toMatchObject({ deleted: 0, unchanged: 1 });
});

test('what was deleted and is there again in one file, as it was, is there', async () => {
  const bundle = JSON.stringify({
    resourceType: 'Bundle',
    type: 'batch',
    entry: [{ request: { method: 'DELETE', url: 'Patient/p' } }],
  });
  await load(`${version(1)}${bundle}\n${version(1)}`);
  expect(await history()).toEqual(['v1', '-', 'v1']);
});

test('versions and stamps of odd form are refused with the remedy, and read with lenient', async () => {
  const odd = lineOf('Patient/p', {
    meta: { versionId: 'W/"3"', lastUpdated: '2024-01-01T00:00:00+0000' },
  });
  const path = await folder.put('a.ndjson', odd);
  const { problems } = await folder.load([path]);
  expect(problems).toEqual([expect.stringContaining('--lenient')]);
  expect((await folder.load([path], { lenient: true })).problems).toEqual([]);
  const body = (await folder.bodies()).get('Patient/p');
  expect(body).toContain('"meta":{"versionId":"3","lastUpdated":"2024-01-01T00:00:00+00:00"}');
});
