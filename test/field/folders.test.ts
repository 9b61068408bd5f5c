import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { LoadedFolder, lineOf } from './loaded-folder.ts';

let folder: LoadedFolder;
beforeAll(async () => {
  folder = await LoadedFolder.create();
});
beforeEach(async () => {
  await folder.clear();
  await rm(folder.path, { recursive: true });
  await mkdir(folder.path);
});
afterAll(() => folder.drop());

const deletionOf = (...urls: string[]) =>
  `${JSON.stringify({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: urls.map((url) => ({ request: { method: 'DELETE', url } })),
  })}\n`;

async function load(paths?: string[], options = {}) {
  const { summary, problems } = await folder.load(paths, options);
  const skipped = summary.skipped.map(({ file }) => folder.relative(file)).sort();
  return { summary, problems, skipped };
}

test('a folder is loaded as a client of bulk data leaves it: deletions last, what is no data passed over', async () => {
  await folder.put('deleted/1.Bundle.ndjson', deletionOf('Patient/b'));
  await folder.put('output/1.Patient.ndjson', lineOf('Patient/a') + lineOf('Patient/b'));
  await folder.put('error/1.OperationOutcome.ndjson', lineOf('OperationOutcome/x'));
  await folder.put('attachments/1.json', '{}');
  await folder.put('log.ndjson', '{"eventId":"kickoff"}\n');
  await folder.put('manifest.json', '{"output":[]}');
  const { summary, problems, skipped } = await load();
  expect(problems).toEqual([]);
  expect(skipped).toEqual(['attachments', 'error', 'log.ndjson', 'manifest.json']);
  expect(summary).toMatchObject({ files: 2, resources: 2, deleted: 1 });
  expect(await folder.keys()).toEqual(['Patient/a']);
});

test('deletions are named by relative or absolute URLs; what is searched for is a fault', async () => {
  await folder.put('a.ndjson', ['a', 'b', 'c', 'd'].map((id) => lineOf(`Patient/${id}`)).join(''));
  const urls = [
    'Patient/a',
    '/Patient/b',
    'https://ehr.example/fhir/Patient/c',
    'Patient?active=no',
  ];
  await folder.put('deleted/a.ndjson', deletionOf(...urls));
  const { summary, problems } = await load();
  expect(problems).toEqual([
    expect.stringContaining(
      'deleted/a.ndjson:1: entry 4: Patient?… is no search that can be looked up',
    ),
  ]);
  expect(summary.deleted).toBe(3);
  expect(await folder.keys()).toEqual(['Patient/d']);
});

test('endings go by their meaning, and what is not read is named', async () => {
  await folder.put('a.jsonl', lineOf('Patient/a'));
  await folder.put('b.NDJSON', lineOf('Patient/b'));
  await folder.put('c.ndjson.gz', gzipSync(lineOf('Patient/c')));
  await folder.put(
    'd.json.gz',
    gzipSync(JSON.stringify({ resourceType: 'Patient', id: 'd' }, null, 2)),
  );
  await folder.put('e.fhir.json', lineOf('Patient/e'));
  const passedOver = ['.hidden.ndjson', 'Patient', 'x.ndjson.bz2', 'y.zip', 'z.txt'];
  for (const name of passedOver) await folder.put(name, lineOf('Patient/no'));
  const { problems, skipped } = await load();
  expect(problems).toEqual([]);
  expect(skipped).toEqual(passedOver);
  expect(await folder.keys()).toEqual(['a', 'b', 'c', 'd', 'e'].map((id) => `Patient/${id}`));
  const { problems: strictly } = await load(undefined, { strict: true });
  expect(strictly).toHaveLength(passedOver.length);
});

test('empty files are no fault', async () => {
  await folder.put('a.ndjson', '');
  await folder.put('b.ndjson', '\n');
  await folder.put('c.json', '');
  await folder.put('d.ndjson.gz', gzipSync(''));
  await folder.put('e.ndjson', lineOf('Patient/e'));
  expect((await load()).problems).toEqual([]);
  expect(await folder.keys()).toEqual(['Patient/e']);
});

test('a link to nothing is a fault of its own, and links in a ring are walked once', async () => {
  await folder.put('inside/a.ndjson', lineOf('Patient/a'));
  await symlink('nothing', join(folder.path, 'dangling.ndjson'));
  await symlink('..', join(folder.path, 'inside/up'));
  const { summary, problems } = await load();
  expect(problems).toEqual(['dangling.ndjson:-: no such file or folder']);
  expect(summary).toMatchObject({ files: 1, resources: 1 });
});

describe('a manifest stands for its files', () => {
  const manifest = (output: string[], more: object = {}) =>
    JSON.stringify({ output: output.map((url) => ({ type: 'Patient', url })), ...more });

  test('by their names beside it, or by the names in URLs', async () => {
    await folder.put('a.ndjson', lineOf('Patient/a'));
    await folder.put('sub/b.ndjson', lineOf('Patient/b'));
    await folder.put('not-listed.ndjson', lineOf('Patient/no'));
    await folder.put('del.ndjson', deletionOf('Patient/b'));
    const path = await folder.put(
      'manifest.json',
      manifest(['https://ehr.example/files/a.ndjson?token=x', 'sub/b.ndjson'], {
        deleted: [{ type: 'Bundle', url: 'del.ndjson' }],
        error: [{ type: 'OperationOutcome', url: 'errors.ndjson' }],
      }),
    );
    const { problems, skipped } = await load([path]);
    expect(problems).toEqual([]);
    expect(skipped).toEqual(['errors.ndjson']);
    expect(await folder.keys()).toEqual(['Patient/a']);
  });

  test('by URLs', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/a') response.end(lineOf('Patient/a'));
      else response.writeHead(401).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const path = await folder.put('manifest.json', manifest([`${base}/a`, `${base}/b`]));
      const { problems } = await load([path]);
      expect(problems).toEqual([
        expect.stringContaining(`${base}/b cannot be fetched (it answered 401)`),
      ]);
      expect(await folder.keys()).toEqual(['Patient/a']);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('a file that is missing, or lies elsewhere, is a fault', async () => {
    const path = await folder.put('manifest.json', manifest(['gone.ndjson', '../../etc/passwd']));
    const { problems } = await load([path]);
    expect(problems).toEqual([
      'gone.ndjson:-: no such file or folder',
      'manifest.json:-: the manifest lists "../../etc/passwd", outside its folder',
    ]);
  });
});

test('a named pipe is read, as lines or as a Bundle', async () => {
  const pipe = join(folder.path, 'pipe');
  await promisify(execFile)('mkfifo', [pipe]);
  const bundle = {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [{ resource: { resourceType: 'Patient', id: 'b' } }],
  };
  for (const text of [lineOf('Patient/a'), JSON.stringify(bundle, null, 2)]) {
    const [{ problems }] = await Promise.all([load([pipe]), writeFile(pipe, text)]);
    expect(problems).toEqual([]);
  }
  expect(await folder.keys()).toEqual(['Patient/a', 'Patient/b']);
});
