import { createHash, randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ApiStack, ask, begin, end, outcomeOf, verdict } from './api-client.ts';

let stack: ApiStack;
let base: string;

beforeAll(async () => {
  stack = await ApiStack.create();
  base = await stack.start({ EXPORT_SLOTS: '20' });
});
afterAll(() => stack.drop());

const lines = Buffer.from(
  Array.from({ length: 2000 }, (_, n) => `{"resourceType":"Patient","id":"${n}"}\n`).join(''),
);
const sha256 = createHash('sha256').update(lines).digest('hex');

interface Item {
  readonly url: string;
  readonly count: number;
  readonly extension: { 'urn:sluice:output-file': { size: number; sha256: string } };
}
interface Manifest {
  readonly output: readonly Item[];
  readonly error: readonly Item[];
}

/** Makes an export look as a worker leaves it, with one file of that content. */
async function complete(
  url: string,
  content: Buffer = lines,
  name = 'Patient-1-1.ndjson',
): Promise<void> {
  const id = url.split('/').at(-1);
  const { rows } = await stack.database.pool.query<{ folder: string }>(
    `update sluice.exports set state = 'completed', completed_at = now(), parts_total = 1,
            parts_completed = 1, expires_at = now() + interval '1 day'
      where id = $1 returning folder`,
    [id],
  );
  await stack.database.pool.query(
    `insert into sluice.parts (export_id, number, kind, type, access, range_from, range_to, state)
     values ($1, 1, 'output', 'Patient', 'range', 0, 1, 'completed')`,
    [id],
  );
  await stack.database.pool.query(
    `insert into sluice.output_files (export_id, part_number, number, kind, type, name, count, bytes, sha256)
     values ($1, 1, 1, 'output', 'Patient', $2, 2000, $3, $4)`,
    [id, name, content.length, createHash('sha256').update(content).digest('hex')],
  );
  const folder = join(stack.files, rows[0]?.folder ?? randomUUID());
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), content);
}

async function manifestOf(url: string): Promise<Manifest> {
  return JSON.parse((await ask(url)).text) as Manifest;
}

async function fileOf(content?: Buffer, name?: string): Promise<{ status: string; file: string }> {
  const status = await begin(base);
  await complete(status, content, name);
  return { status, file: (await manifestOf(status)).output[0]?.url ?? '' };
}

test('a completed export answers its manifest, and when the files vanish', async () => {
  const url = await begin(base, '/$export?_type=Patient');
  await complete(url);
  const answer = await ask(url);
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json']);
  expect(answer.headers['cache-control']).toBe('no-store');
  expect(Date.parse(answer.headers.expires ?? '')).toBeGreaterThan(Date.now());
  expect(JSON.parse(answer.text)).toEqual({
    transactionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    request: `${base}/$export?_type=Patient`,
    requiresAccessToken: false,
    output: [
      {
        type: 'Patient',
        url: expect.stringMatching(
          /\/\$export-file\/[0-9a-f-]{36}\/Patient-1-1\.ndjson\?expires=\d+&signature=/,
        ) as string,
        count: 2000,
        extension: { 'urn:sluice:output-file': { size: lines.length, sha256 } },
      },
    ],
    error: [],
  });
});

test('a file is answered whole, as NDJSON, with what it takes to resume', async () => {
  const { file } = await fileOf();
  const answer = await ask(file, { headers: { accept: 'application/fhir+ndjson' } });
  expect(answer.body.equals(lines)).toBe(true);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/fhir+ndjson',
    'content-length': String(lines.length),
    'content-disposition': 'attachment; filename="Patient-1-1.ndjson"',
    'accept-ranges': 'bytes',
    vary: 'Accept-Encoding',
    etag: `"${sha256}"`,
  });
  expect(answer.headers['last-modified']).toMatch(/GMT$/);
});

test('HEAD has the headers of GET', async () => {
  const { file } = await fileOf();
  const answer = await ask(file, { method: 'HEAD' });
  expect([answer.status, answer.headers['content-length']]).toEqual([200, String(lines.length)]);
  expect(answer.body).toHaveLength(0);
});

test('ranges put together are the file', async () => {
  const { file } = await fileOf();
  const first = await ask(file, { headers: { range: 'bytes=0-999' } });
  expect([first.status, first.headers['content-range']]).toEqual([
    206,
    `bytes 0-999/${lines.length}`,
  ]);
  const etag = first.headers.etag ?? '';
  const rest = await ask(file, {
    headers: { range: 'bytes=1000-', 'if-range': etag, 'accept-encoding': 'gzip' },
  });
  expect([rest.status, rest.headers['content-encoding']]).toEqual([206, undefined]);
  expect(Buffer.concat([first.body, rest.body]).equals(lines)).toBe(true);
  const changed = await ask(file, { headers: { range: 'bytes=1000-', 'if-range': '"other"' } });
  expect([changed.status, changed.body.length]).toEqual([200, lines.length]);
  const beyond = await ask(file, { headers: { range: `bytes=${lines.length}-` } });
  expect([verdict(beyond), beyond.headers['content-range']]).toEqual([
    '416 value',
    `bytes */${lines.length}`,
  ]);
});

test('a client that has the file already is told so', async () => {
  const { file } = await fileOf();
  const answer = await ask(file, { headers: { 'if-none-match': `"${sha256}"` } });
  expect([answer.status, answer.body.length]).toEqual([304, 0]);
});

test('a plain file is compressed for who offers gzip', async () => {
  const { file } = await fileOf();
  const answer = await ask(file, { headers: { 'accept-encoding': 'gzip, br' } });
  expect(answer.headers).toMatchObject({ 'content-encoding': 'gzip', etag: `"${sha256}-gzip"` });
  expect(gunzipSync(answer.body).equals(lines)).toBe(true);
  const refused = await ask(file, { headers: { 'accept-encoding': 'gzip;q=0' } });
  expect(refused.headers).not.toHaveProperty('content-encoding');
});

test('a .gz is served as it is stored', async () => {
  const zipped = gzipSync(lines);
  const { file } = await fileOf(zipped, 'Patient-1-1.ndjson.gz');
  const answer = await ask(file, { headers: { 'accept-encoding': 'gzip' } });
  expect(answer.headers['content-type']).toBe('application/gzip');
  expect(answer.headers).not.toHaveProperty('content-encoding');
  expect(answer.body.equals(zipped)).toBe(true);
});

test('a file is served whatever Accept prefers, unless it forbids NDJSON outright', async () => {
  const { file } = await fileOf();
  const askFor = (accept: string) => ask(file, { headers: { accept } });
  const served = await askFor('application/fhir+json');
  expect([served.status, served.headers['content-type']]).toEqual([200, 'application/fhir+ndjson']);
  expect(verdict(await askFor('text/html, */*;q=0'))).toBe('406 not-supported');
});

test('without its own signature, in its own time, a file is not served', async () => {
  const { file } = await fileOf();
  const { file: other } = await fileOf();
  const [path, query = ''] = file.split('?');
  expect(verdict(await ask(path ?? ''))).toBe('403 forbidden');
  expect(verdict(await ask(`${path}?${query.replace(/signature=./, 'signature=')}`))).toBe(
    '403 forbidden',
  );
  expect(verdict(await ask(`${path}?${query.replace(/expires=\d/, 'expires=9')}`))).toBe(
    '403 forbidden',
  );
  expect(verdict(await ask(`${path}?${other.split('?')[1]}`))).toBe('403 forbidden');
  expect((await ask(file)).status).toBe(200);
  expect((await ask(file)).status).toBe(200);
});

test('an expired URL says that the manifest has a fresh one', async () => {
  const brief = await stack.start({ SIGNED_URL_TTL: '1s', EXPORT_SLOTS: '20' });
  const status = await begin(brief);
  await complete(status);
  const file = (await manifestOf(status)).output[0]?.url ?? '';
  let answer = await ask(file);
  while (answer.status === 200) answer = await ask(file);
  expect(verdict(answer)).toBe('403 forbidden');
  expect(outcomeOf(answer).issue[0]?.details.text).toMatch(/expired.*manifest again/);
});

test('with FILE_ACCESS=token a URL has no signature and needs none', async () => {
  const open = await stack.start({ FILE_ACCESS: 'token', EXPORT_SLOTS: '20' });
  const status = await begin(open);
  await complete(status);
  const file = (await manifestOf(status)).output[0]?.url ?? '';
  expect(file).toMatch(/Patient-1-1\.ndjson$/);
  expect((await ask(file)).status).toBe(200);
});

test('any process serves what another one signed', async () => {
  const { file } = await fileOf();
  const second = await stack.start();
  expect((await ask(file.replace(base, second))).status).toBe(200);
});

test('unknown files and exports are answered 404, and so are files that are gone', async () => {
  const { status, file } = await fileOf();
  const unknown = `${base}/$export-file/11111111-1111-4111-8111-111111111111`;
  for (const address of [
    `${unknown}/Patient-1-1.ndjson`,
    `${unknown}/..%2f..%2fetc`,
    `${base}/$export-file/x/y`,
  ]) {
    expect(verdict(await ask(address))).toBe('404 not-found');
  }
  await rm(stack.files, { recursive: true });
  await mkdir(stack.files);
  expect(verdict(await ask(file))).toBe('404 not-found');
  await end(status);
});

test('after DELETE the files are gone at once', async () => {
  const { status, file } = await fileOf();
  expect((await ask(file)).status).toBe(200);
  await end(status);
  expect(verdict(await ask(file))).toBe('404 not-found');
});

test('a download puts off the expiry', async () => {
  const { status, file } = await fileOf();
  const before = (await ask(status)).headers.expires ?? '';
  await ask(file);
  const after = (await ask(status)).headers.expires ?? '';
  expect(Date.parse(after)).toBeGreaterThan(Date.parse(before));
});
