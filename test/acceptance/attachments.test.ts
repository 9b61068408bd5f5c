import { get } from 'node:http';
import { lineOf, samplesOf } from '../support/stored-model.ts';
import { ServedStore } from '../support/served-store.ts';
import {
  begin,
  downloadLines,
  exportIdOf,
  finished,
  kickOff,
  type Manifest,
} from '../support/export-client.ts';

/*
 * Attachments that point to stored Binaries, from the load to the bytes that a client fetches with
 * the URL alone.
 */

const at = '2026-01-02T03:04:05Z';
const binary = (id: string, contentType: string, content: string): string =>
  lineOf(`Binary/${id}`, at, { contentType, data: Buffer.from(content).toString('base64') });
const patient = (n: number) => ({ reference: `Patient/p${n}` });
const documentOf = (n: number, attachments: readonly object[]): string =>
  lineOf(`DocumentReference/d${n}`, at, {
    status: 'current',
    subject: patient(n),
    content: attachments.map((attachment) => ({ attachment })),
  });

const foreign = 'https://elsewhere.example/fhir/Binary/note';
const inline = { contentType: 'text/plain', data: 'aW5saW5l' };

let store: ServedStore;

beforeAll(async () => {
  const lines = [
    lineOf('Patient/p1', at),
    lineOf('Patient/p2', at, { photo: [{ contentType: 'image/png', url: 'Binary/photo' }] }),
    lineOf('Group/g', at, { type: 'person', actual: true, member: [{ entity: patient(1) }] }),
    binary('note', 'text/plain', 'a note'),
    binary('scan', 'application/pdf', '%PDF-1.7 a scan'),
    binary('photo', 'image/png', 'a photo'),
    binary('page', 'text/html', '<script>alert(1)</script>'),
    documentOf(1, [
      { contentType: 'text/plain', url: 'Binary/note' },
      { contentType: 'application/pdf', url: '/Binary/scan' },
      { contentType: 'text/plain', url: foreign },
      inline,
    ]),
  ];
  store = await ServedStore.create(samplesOf(lines));
  // Only now it is known where this server is.
  await store.load([
    documentOf(2, [{ contentType: 'text/html', url: `${store.base}/Binary/page` }]),
  ]);
}, 60_000);
afterAll(() => store.drop());

interface Exported {
  readonly status: string;
  readonly manifest: Manifest;
  readonly lines: readonly string[];
  /** URLs of attachments by the ids of the Binaries they pointed to when they were loaded. */
  readonly urls: Readonly<Partial<Record<string, string>>>;
}

async function exported(path: string): Promise<Exported> {
  const status = reachable(await begin(store.base, path));
  const manifest = await finished(status);
  const output = manifest.output.map((item) => ({ ...item, url: reachable(item.url) }));
  const lines = await downloadLines(output);
  const found = lines.flatMap((line) => [
    ...line.matchAll(/"url":"([^"]+\/\$export-attachment\/[\w-]+\/([\w-]+)[^"]*)"/g),
  ]);
  const urls = Object.fromEntries(found.map(([, url = '', id = '']) => [id, url]));
  return { status, manifest, lines, urls };
}

/** Where the URLs of a deployment lead that has a proxy before it. */
const publicBase = 'https://hospital.example/of/records/fhir';
const reachable = (url: string): string => url.replace(publicBase, store.base);

interface Answer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly disposition: string | undefined;
  readonly text: string;
}

/** Asks with these headers and no others. */
async function fetched(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    get(reachable(url), { headers }, (res) => {
      let text = '';
      res.on('data', (block: Buffer) => (text += block.toString()));
      res.on('error', reject);
      res.on('end', () => {
        const { 'content-type': contentType, 'content-disposition': disposition } = res.headers;
        resolve({ status: res.statusCode ?? 0, contentType, disposition, text });
      });
    }).on('error', reject);
  });
}

async function end(status: string): Promise<void> {
  expect((await fetch(status, { method: 'DELETE' })).status).toBe(202);
}

const contents = {
  note: { status: 200, contentType: 'text/plain', text: 'a note' },
  scan: { status: 200, contentType: 'application/pdf', text: '%PDF-1.7 a scan' },
  photo: { status: 200, contentType: 'image/png', text: 'a photo' },
  page: { status: 200, contentType: 'text/html', disposition: 'attachment' },
};

test.each([
  ['/$export', ['note', 'page', 'photo', 'scan']],
  ['/Patient/$export', ['note', 'page', 'photo', 'scan']],
  ['/Group/g/$export', ['note', 'scan']],
] as const)('%s: every stored attachment opens with its URL alone', async (path, ids) => {
  const { status, manifest, lines, urls } = await exported(path);
  expect(manifest.requiresAccessToken).toBe(false);
  expect(Object.keys(urls).sort()).toEqual(ids);
  const prefix = `${store.base}/$export-attachment/${exportIdOf(status)}`;
  for (const id of ids) {
    const [address, query] = urls[id]?.split('?') ?? [];
    expect([address, query]).toEqual([
      `${prefix}/${id}`,
      expect.stringMatching(/^signature=[\w-]{43}$/),
    ]);
    expect(await fetched(urls[id] ?? '')).toMatchObject(contents[id]);
  }
  const first = lines.find((line) =>
    line.startsWith('{"resourceType":"DocumentReference","id":"d1"'),
  );
  const { content = [] } = JSON.parse(first ?? '{}') as {
    content?: { attachment: { url?: string } }[];
  };
  expect(content).toHaveLength(4);
  expect(content[2]?.attachment.url).toBe(foreign);
  expect(content[3]?.attachment).toEqual(inline);
});

test('Binaries themselves are exported at system level only', async () => {
  const typesOf = ({ output }: Manifest) => output.map(({ type }) => type);
  expect(typesOf((await exported('/$export')).manifest)).toContain('Binary');
  for (const path of ['/Patient/$export', '/Group/g/$export']) {
    expect(typesOf((await exported(path)).manifest)).not.toContain('Binary');
    expect((await kickOff(store.base, `${path}?_type=Binary`)).status).toBe(400);
  }
});

test('an attachment is answered as its own type, or as a Binary for who asks for FHIR JSON', async () => {
  const { scan = '' } = (await exported('/Patient/$export')).urls;
  expect(await fetched(scan, { accept: 'application/pdf' })).toMatchObject(contents.scan);
  for (const accept of ['application/fhir+json', 'application/json+fhir']) {
    const { contentType, text } = await fetched(scan, { accept });
    expect(contentType).toBe('application/fhir+json');
    expect(JSON.parse(text)).toMatchObject({ resourceType: 'Binary', id: 'scan' });
  }
});

test('without its own signature an attachment is refused', async () => {
  const { note = '', scan = '' } = (await exported('/$export')).urls;
  const { note: older = '' } = (await exported('/$export')).urls;
  const [address = '', query = ''] = note.split('?');
  for (const url of [
    address,
    `${address}?signature=`,
    `${address}?signature=${'A'.repeat(43)}`,
    `${address}?${query.slice(0, -4)}`,
    `${address}?${scan.split('?')[1]}`,
    `${address}?${older.split('?')[1]}`,
    `${address.replace(/note$/, 'photo')}?${query}`,
  ]) {
    const { status, contentType, text } = await fetched(url);
    expect([url, status, contentType]).toEqual([url, 403, 'application/fhir+json']);
    expect(text).toMatch(/"OperationOutcome".*"forbidden"/);
  }
  expect((await fetched(note)).status).toBe(200);
});

test('an attachment stays what it was when the export was made, until the export is deleted', async () => {
  await store.load([
    binary('changing', 'text/plain', 'before'),
    binary('leaving', 'text/plain', 'still here'),
    documentOf(
      1,
      ['changing', 'leaving'].map((id) => ({ url: `Binary/${id}` })),
    ),
  ]);
  const { status, urls } = await exported('/Patient/$export?_type=DocumentReference');
  const { changing = '', leaving = '' } = urls;
  await store.load([binary('changing', 'text/plain', 'after')]);
  await store.remove(['Binary/leaving']);
  expect((await fetched(changing)).text).toBe('before');
  expect((await fetched(leaving)).text).toBe('still here');

  const later = await exported('/Patient/$export?_type=DocumentReference');
  expect((await fetched(later.urls['changing'] ?? '')).text).toBe('after');
  expect((await fetched(later.urls['leaving'] ?? '')).status).toBe(404);

  await end(status);
  for (const url of [changing, leaving, changing.replace(/\?.*/, '')]) {
    const { status: gone, text } = await fetched(url);
    expect([gone, (JSON.parse(text) as { resourceType: string }).resourceType]).toEqual([
      404,
      'OperationOutcome',
    ]);
  }
});

test('behind a proxy with a path of its own the URLs are the public ones, and open', async () => {
  await store.serve({ BASE_URL: publicBase });
  const { urls } = await exported('/$export');
  expect(urls['photo']).toMatch(`${publicBase}/$export-attachment/`);
  expect(await fetched(urls['photo'] ?? '')).toMatchObject(contents.photo);
  const [address = '', query = ''] = urls['photo']?.split('?') ?? [];
  expect((await fetched(`${address.replace(/photo$/, 'scan')}?${query}`)).status).toBe(403);
  // The URLs of an export stay good when the base changes afterwards.
  await store.serve();
  expect(await fetched(urls['photo'] ?? '')).toMatchObject(contents.photo);
}, 30_000);

test('with FILE_ACCESS=token attachments have no signature and need none', async () => {
  await store.serve({ FILE_ACCESS: 'token' });
  const { status, manifest, urls } = await exported('/$export');
  expect(manifest.requiresAccessToken).toBe(false);
  expect(urls['photo']).toMatch(/\/photo$/);
  expect(await fetched(urls['photo'] ?? '')).toMatchObject(contents.photo);
  await end(status);
  expect((await fetched(urls['photo'] ?? '')).status).toBe(404);
}, 30_000);
