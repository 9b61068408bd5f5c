import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { runSluice } from './cli-command.ts';

const megabyte = 1 << 20;
const preload = resolve('test/support/peak-memory.mjs');
let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createDatabase();
  folder = await tempFolder('load-memory');
});
afterAll(() => database.drop());

interface Loaded {
  readonly resources: number;
  readonly problems: number;
  readonly said: string;
  readonly peakMegabytes: number;
}

/** Packs a text and loads it by the command, in a process of its own. */
async function loadPacked(name: string, text: Buffer): Promise<Loaded> {
  const path = join(folder, name);
  await writeFile(path, gzipSync(text, { level: 1 }));
  const ran = await runSluice(['load', '--json', path], {
    DATABASE_URL: database.url,
    NODE_OPTIONS: `--import=${preload}`,
  });
  const said = ran.stderr.replaceAll(`${folder}/`, '');
  const peakMegabytes = Number(/^peak memory: (\d+) MB$/m.exec(said)?.[1]);
  expect(peakMegabytes).toBeGreaterThan(0);
  const summary = JSON.parse(ran.stdout) as { resources: number; problems: number };
  return { ...summary, said, peakMegabytes };
}

/** `before`, then `piece` as often as makes that many bytes, then `after`. */
function longText(before: string, piece: string, bytes: number, after = ''): Buffer {
  return Buffer.concat([Buffer.from(before), Buffer.alloc(bytes, piece), Buffer.from(after)]);
}

const good = '\n{"resourceType":"Patient","id":"good"}\n';
const unlike = '{"resourceType":"Patient","id":"x","\\u0061":';

test.each<[string, string, () => Buffer, string]>([
  [
    'brackets',
    'a.ndjson.gz',
    () => longText('', '[', 120 * megabyte, good),
    'a.ndjson.gz:1: nested',
  ],
  [
    'a resource of brackets',
    'b.ndjson.gz',
    () => longText(unlike, '[', 40 * megabyte, `${good}`),
    'b.ndjson.gz:1: nested more than 1000 levels deep',
  ],
  [
    'objects in a list',
    'c.ndjson.gz',
    () => longText(`${unlike}[`, '{},', 120 * megabyte, `{}]}${good}`),
    'c.ndjson.gz:1: more than 10000000 values',
  ],
  [
    'references in a list',
    'd.ndjson.gz',
    () =>
      longText(
        '{\"resourceType":"Group","id":"x","member":[',
        '{"reference":"a"},',
        240 * megabyte,
        `{}]}${good}`,
      ),
    'd.ndjson.gz:1: more than 10000000 values',
  ],
  [
    'a line without end',
    'e.ndjson.gz',
    () => longText('{\"a":"', 'x', 300 * megabyte, `"}${good}`),
    'e.ndjson.gz:1: longer than a resource may be',
  ],
])(
  'of a line of %s memory is bounded by how long a line may be, and the rest goes in',
  async (_what, name, makeText, fault) => {
    const { peakMegabytes, said, problems } = await loadPacked(name, makeText());
    expect(said).toContain(fault);
    expect(problems).toBe(1);
    expect(peakMegabytes).toBeLessThan(3 * 256);
  },
  180_000,
);

test('a document of brackets is refused', async () => {
  const { peakMegabytes, said } = await loadPacked('f.json.gz', longText('', '[', 120 * megabyte));
  expect(said).toContain('f.json.gz:1: nested more than 1000 levels deep');
  expect(peakMegabytes).toBeLessThan(3 * 256);
}, 180_000);

test('a resource nested millions deep is not stored', async () => {
  const depth = 20_000_000;
  const text = Buffer.concat([
    Buffer.from('{"resourceType":"Patient","id":"deep","extension":'),
    Buffer.alloc(depth, '['),
    Buffer.alloc(depth, ']'),
    Buffer.from('}'),
  ]);
  const { said, resources } = await loadPacked('g.ndjson.gz', text);
  expect(said).toContain('g.ndjson.gz:1: nested more than 1000 levels deep');
  expect(resources).toBe(0);
}, 180_000);

test('a Bundle in one line, longer than a line may be, is loaded in flat memory', async () => {
  const data = 'x'.repeat(megabyte);
  const entry = (id: number): string =>
    JSON.stringify({ resource: { resourceType: 'Binary', id: `b-${id}`, data } });
  const entries = Array.from({ length: 300 }, (_, id) => entry(id)).join(',');
  const text = `{"resourceType":"Bundle","type":"batch","entry":[${entries}]}`;
  const { resources, problems, peakMegabytes } = await loadPacked('h.json.gz', Buffer.from(text));
  expect({ resources, problems }).toEqual({ resources: 300, problems: 0 });
  expect(peakMegabytes).toBeLessThan(400);
}, 180_000);
