import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { load, type LoadOptions, type LoadProblem } from '@sluice/loader';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-load-'));
  // Every test has its own ids, so what the others stored does not matter.
  unique = Math.random().toString(36).slice(2);
});
afterEach(() => rm(folder, { recursive: true }));

let unique: string;
const newId = (name: string | number) => `${unique}-${name}`;
const patient = (name: string | number, more: object = {}) => ({
  resourceType: 'Patient',
  id: newId(name),
  ...more,
});
const stamped = { meta: { versionId: '7', lastUpdated: '2020-01-01T00:00:00.5Z' } };
const ndjson = (...resources: object[]) =>
  resources.map((resource) => `${JSON.stringify(resource)}\n`).join('');

async function put(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function run(paths: string[], options: Partial<LoadOptions> = {}) {
  const problems: LoadProblem[] = [];
  const summary = await load({
    pool: database.pool,
    paths,
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  expect(summary.problems).toBe(problems.length);
  const said = problems.map(({ file, line, message }) => {
    const name = file.startsWith(folder) ? file.slice(folder.length + 1) : file;
    return `${name}:${line ?? '-'}: ${message.replaceAll(`${unique}-`, '')}`;
  });
  return { summary, problems: said };
}

interface Row {
  id: string;
  version_id: string;
  body: string;
}

async function stored(): Promise<Map<string, Row>> {
  const { rows } = await database.pool.query<Row>(
    `select id, version_id, body from sluice.current_resources where id like $1 order by id`,
    [`${unique}-%`],
  );
  return new Map(rows.map((row) => [row.id.slice(unique.length + 1), row]));
}

const storedIds = async () => [...(await stored()).keys()];

describe('what is loaded', () => {
  test('the text of a resource that says when it changed is kept to the byte, white space apart', async () => {
    const meta = '{"lastUpdated":"2020-01-01T00:00:00.123456789+01:00"}';
    const text = `{"resourceType": "Observation", "id": "${newId(1)}", "meta": ${meta}, "value": 1.0, "s": "\\u0000 é\\/"}`;
    await run([await put('a.ndjson', `\u{feff}${text}\r\n`)]);
    expect((await stored()).get('1')?.body).toBe(
      `{"resourceType":"Observation","id":"${newId(1)}","meta":${meta},"value":1.0,"s":"\\u0000 é\\/"}`,
    );
  });

  test('a missing stamp is written into the text', async () => {
    await run([await put('a.ndjson', ndjson(patient(1, { active: true })))]);
    const row = (await stored()).get('1');
    const body = JSON.parse(row?.body ?? '') as { meta: Record<string, string> };
    expect(body).toEqual({ ...patient(1), active: true, meta: body.meta });
    expect(body.meta.versionId).toBe(row?.version_id);
    expect(body.meta.lastUpdated).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  test('with stamp a given one is replaced', async () => {
    await run([await put('a.ndjson', ndjson(patient(1, stamped)))], { stamp: true });
    expect((await stored()).get('1')?.body).not.toContain('2020-01-01');
  });

  test.each([false, true])('loading twice changes nothing (stamp: %s)', async (stamp) => {
    const path = await put('a.ndjson', ndjson(patient(1, stamped), patient(2), patient(3)));
    const first = await run([path], { stamp });
    expect(first.summary).toMatchObject({ resources: 3, unchanged: 0, byType: { Patient: 3 } });
    const before = await stored();
    const second = await run([path], { stamp });
    expect(second.summary).toMatchObject({ resources: 0, unchanged: 3, byType: { Patient: 3 } });
    expect(await stored()).toEqual(before);
  });

  test('a changed resource becomes a new version', async () => {
    await run([await put('a.ndjson', ndjson(patient(1)))]);
    const before = (await stored()).get('1')?.version_id;
    const { summary } = await run([await put('a.ndjson', ndjson(patient(1, { active: true })))]);
    expect(summary).toMatchObject({ resources: 1, unchanged: 0 });
    expect((await stored()).get('1')?.version_id).not.toBe(before);
  });

  test('a folder stands for its NDJSON and JSON files, packed or not', async () => {
    await put('b.ndjson.gz', gzipSync(ndjson(patient(1))));
    await put('a.ndjson', ndjson(patient(2)));
    await put('c.json', JSON.stringify(patient(3), undefined, 2));
    await put('d.json.gz', gzipSync(JSON.stringify(patient(4))));
    await put('notes.txt', 'not loaded');
    await put('manifest.json', '{"transactionTime":"2024-01-01T00:00:00Z","output":[]}');
    const { summary, problems } = await run([folder]);
    expect(problems).toEqual([]);
    expect(summary).toMatchObject({ files: 4, resources: 4 });
    expect(await storedIds()).toEqual(['1', '2', '3', '4']);
  });

  test('a file named by itself is read whatever its name', async () => {
    await run([await put('data.txt', ndjson(patient(1), patient(2)))]);
    expect(await storedIds()).toEqual(['1', '2']);
  });

  test('a resource that is in two files ends as in the later one', async () => {
    const files = [
      await put('1.ndjson', ndjson(patient(1, { active: false }))),
      await put('2.ndjson', ndjson(patient(1, { active: true }))),
    ];
    const { problems } = await run(files);
    expect(problems).toEqual([]);
    expect((await stored()).get('1')?.body).toContain('"active":true');
  });

  test('a line of 50 MB is loaded', async () => {
    const text = 'x'.repeat(50 * 1024 * 1024);
    const large = { resourceType: 'Binary', id: newId(1), contentType: 'text/plain', data: text };
    const path = await put('a.ndjson', ndjson(patient(0), large, patient(2)));
    const { problems } = await run([path]);
    expect(problems).toEqual([]);
    const { rows } = await database.pool.query<{ length: number }>(
      'select length(body) from sluice.current_resources where id = $1',
      [newId(1)],
    );
    expect(rows[0]?.length).toBeGreaterThan(text.length);
    expect(await storedIds()).toEqual(['0', '1', '2']);
  });

  test('progress goes up to the size of all files', async () => {
    const paths = [
      await put('1.ndjson', ndjson(patient(1))),
      await put('2.ndjson.gz', gzipSync(ndjson(patient(2)))),
    ];
    const seen: [number, number][] = [];
    await run(paths, {
      onProgress: ({ bytesRead, bytesTotal }) => seen.push([bytesRead, bytesTotal]),
    });
    const [last] = seen.slice(-1);
    expect(last?.[0]).toBeGreaterThan(0);
    expect(last?.[0]).toBe(last?.[1]);
  });
});

describe('Bundles', () => {
  test('a transaction is taken apart, its references rewritten', async () => {
    const entry = [
      { fullUrl: `urn:uuid:${newId('p')}`, resource: patient('p') },
      {
        resource: {
          resourceType: 'Flag',
          id: newId('f'),
          subject: { reference: `urn:uuid:${newId('p')}` },
        },
      },
    ];
    const bundle = { resourceType: 'Bundle', type: 'transaction', entry };
    const path = await put('bundle.json', JSON.stringify(bundle, undefined, 2));
    const { summary, problems } = await run([path]);
    expect(problems).toEqual([]);
    expect(summary.byType).toEqual({ Patient: 1, Flag: 1 });
    expect((await stored()).get('f')?.body).toContain(`"reference":"Patient/${newId('p')}"`);
  });

  test('a Bundle can delete, and delete and make anew', async () => {
    await run([await put('a.ndjson', ndjson(patient(1), patient(2)))]);
    const entry = [
      {
        resource: patient(2, { active: true }),
        request: { method: 'PUT', url: `Patient/${newId(2)}` },
      },
      { request: { method: 'DELETE', url: `Patient/${newId(1)}` } },
      { request: { method: 'DELETE', url: `Patient/${newId(2)}` } },
    ];
    const bundle = { resourceType: 'Bundle', type: 'transaction', entry };
    const { summary } = await run([await put('deletes.ndjson', ndjson(bundle))]);
    expect(summary).toMatchObject({ resources: 1, deleted: 2 });
    expect(await storedIds()).toEqual(['2']);
  });

  test('a document is stored as it is', async () => {
    const document = { resourceType: 'Bundle', id: newId('d'), type: 'document', entry: [] };
    await run([await put('a.ndjson', ndjson(document))]);
    expect(await storedIds()).toEqual(['d']);
  });

  test('a search of an unknown type is a fault of its entry', async () => {
    const request = { method: 'POST', url: 'Pat', ifNoneExist: 'identifier=x|1' };
    const odd = { resource: { resourceType: 'Pat', id: 'x' }, request };
    const bundle = {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [odd, { resource: patient(1) }],
    };
    const { problems } = await run([await put('a.json', JSON.stringify(bundle))]);
    expect(problems).toEqual(['a.json:1: entry 1: resourceType "Pat" is no resource type of R4']);
    expect(await storedIds()).toEqual(['1']);
  });

  test('a bad entry is reported with its place and the others go in', async () => {
    const entry = [{ resource: patient(1) }, { resource: { resourceType: 'Patient' } }];
    const bundle = { resourceType: 'Bundle', type: 'collection', entry };
    const { problems } = await run([await put('a.json', JSON.stringify(bundle, undefined, 1))]);
    expect(problems).toEqual(['a.json:11: entry 2: it has no id']);
    expect(await storedIds()).toEqual(['1']);
  });
});

describe('what cannot be loaded is reported with file and line, and the rest goes in', () => {
  test.each<[string, string | Buffer, string]>([
    ['not JSON', '{"resourceType":"Patient",', 'not JSON: '],
    ['no object', '[1]', 'not a JSON object'],
    ['no resourceType', '{"id":"x"}', 'it has no resourceType'],
    ['an unknown type', '{"resourceType":"Pat","id":"x"}', 'resourceType "Pat" is no'],
    ['no id', '{"resourceType":"Patient"}', 'it has no id'],
    ['an illegal id', '{"resourceType":"Patient","id":"a/b"}', 'id "a/b" is not legal'],
    [
      'a bad lastUpdated',
      '{"resourceType":"Patient","id":"x","meta":{"lastUpdated":"2021-02-30T00:00:00Z"}}',
      'meta.lastUpdated "2021-02-30T00:00:00Z" is no instant',
    ],
    [
      'meta twice',
      '{"resourceType":"Patient","id":"x","meta":{},"meta":{}}',
      'meta is there twice',
    ],
    ['a NUL byte', '{"resourceType":"Patient","id":"x\0"}', 'it contains a NUL byte'],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'not UTF-8'],
  ])('%s', async (_what, line, message) => {
    const content = Buffer.concat([
      Buffer.from(ndjson(patient(1))),
      Buffer.from(line),
      Buffer.from(`\n\n${ndjson(patient(2))}`),
    ]);
    const { summary, problems } = await run([await put('a.ndjson', content)]);
    expect(problems).toEqual([expect.stringContaining(`a.ndjson:2: ${message}`)]);
    expect(summary.resources).toBe(2);
    expect(await storedIds()).toEqual(['1', '2']);
  });

  test('a repeat is no fault, and of two states that do not say their age the later stands', async () => {
    const lines = ndjson(
      patient(1, { v: 1 }),
      patient(2),
      patient(1, { v: 1 }),
      patient(1, { v: 2 }),
    );
    const path = await put('a.ndjson', lines);
    expect((await run([path])).problems).toEqual([]);
    expect((await stored()).get('1')?.body).toContain('"v":2');
    expect((await run([path])).summary).toMatchObject({ resources: 0, unchanged: 2 });
  });

  test('a line that is too long', async () => {
    const lines = ndjson(patient(1), patient(2, { text: 'x'.repeat(2000) }), patient(3));
    const { problems } = await run([await put('a.ndjson', lines)], { maxLineBytes: 1000 });
    expect(problems).toEqual(['a.ndjson:2: longer than a resource may be (1000 bytes)']);
    expect(await storedIds()).toEqual(['1', '3']);
  });

  test('missing paths, folders without files; an empty file is none', async () => {
    await mkdir(join(folder, 'nothing'));
    const paths = [
      await put('empty.ndjson', ''),
      await put('blank.json', '\n\n'),
      join(folder, 'missing.ndjson'),
      join(folder, 'nothing'),
      await put('a.ndjson', ndjson(patient(1))),
    ];
    const { problems } = await run(paths);
    expect([...problems].sort()).toEqual([
      'missing.ndjson:-: no such file or folder',
      'nothing:-: no file to load in this folder',
    ]);
    expect(await storedIds()).toEqual(['1']);
  });

  test('a .gz that breaks off: the whole lines before stay loaded', async () => {
    const noise = () => Array.from({ length: 50 }, () => Math.random().toString(36)).join('');
    const resources = Array.from({ length: 500 }, (_, index) => patient(index, { text: noise() }));
    const packed = gzipSync(ndjson(...resources));
    const path = await put('a.ndjson.gz', packed.subarray(0, packed.length / 2));
    const { summary, problems } = await run([path, await put('b.ndjson', ndjson(patient('b')))]);
    const reached = summary.resources - 1;
    expect(problems).toEqual([
      `a.ndjson.gz:${reached}: the gzip data ends too early: lines up to ${reached} were read`,
    ]);
    expect(reached).toBeGreaterThan(200);
    expect(reached).toBeLessThan(300);
    expect((await stored()).get(String(reached - 1))?.body).toBeDefined();
    expect(await storedIds()).toContain('b');
  });
});

test('stamps older than the newest export are pointed out, unless nothing was stored', async () => {
  const path = await put('a.ndjson', ndjson(patient(1, stamped), patient(2)));
  const { rows } = await database.pool.query<{ id: string }>(
    `insert into sluice.exports (id, state, kick_off, subject, folder, transaction_time)
     values (gen_random_uuid(), 'completed', '{}', '', $1, '2024-01-01T00:00:00Z') returning id`,
    [unique],
  );
  try {
    expect((await run([path])).summary.keptOldStamps).toEqual({
      count: 1,
      transactionTime: '2024-01-01T00:00:00.000Z',
    });
    expect((await run([path])).summary.keptOldStamps).toBeUndefined();
    expect((await run([path], { stamp: true })).summary.keptOldStamps).toBeUndefined();
  } finally {
    await database.pool.query('delete from sluice.exports where id = $1', [rows[0]?.id]);
  }
});

/** Tests run in the project's root; the data set lies beside it on machines that have it. */
const synthea = resolve('../shared/data/synthea');
const withSynthea = existsSync(synthea) ? test : test.skip;

withSynthea(
  'a year of synthetic patients loads completely, and a second time changes nothing',
  async () => {
    const first = await run([synthea]);
    expect(first.problems).toEqual([]);
    expect(first.summary.resources).toBe(92_118);
    expect(Object.keys(first.summary.byType)).toHaveLength(25);
    const second = await run([synthea]);
    expect(second.summary).toMatchObject({ resources: 0, unchanged: 92_118, problems: 0 });
  },
  180_000,
);
