import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createGzipPool } from '@sluice/gzip';
import { createOutputStore } from '@sluice/storage';
import { PartWriter, type PartWriterOptions } from './part-writer.ts';

const gzip = createGzipPool({ threads: 1 });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'part-writer-'));
});
afterEach(() => rm(folder, { recursive: true }));
afterAll(() => gzip.close());

async function newWriter(options: Partial<PartWriterOptions> = {}): Promise<PartWriter> {
  const store = await createOutputStore({ provider: 'file', root: folder });
  await store.createFolder('e');
  const base = {
    store,
    folder: 'e',
    part: 7,
    attempt: 1,
    kind: 'output',
    type: 'Basic',
    gzip: undefined,
  };
  return new PartWriter({ ...base, ...options } as PartWriterOptions);
}

const block = (text: string, endsFile = false) => ({
  bytes: Buffer.from(text),
  lines: text.split('\n').length - 1,
  endsFile,
});
const stored = (name: string) => readFile(join(folder, 'e', name));
const storedNames = async () => (await readdir(join(folder, 'e'))).sort();

test('files are numbered, and a file may end with an empty block', async () => {
  const writer = await newWriter();
  await writer.write(block('a\nb'));
  await writer.write(block('b\n'));
  await writer.write(block('', true));
  await writer.write(block('c\n', true));
  expect(writer.files).toMatchObject([
    { kind: 'output', type: 'Basic', name: 'Basic-7-1.ndjson', count: 2, bytes: 5 },
    { kind: 'output', type: 'Basic', name: 'Basic-7-2.ndjson', count: 1, bytes: 2 },
  ]);
  expect((await stored('Basic-7-1.ndjson')).toString()).toBe('a\nbb\n');
  expect([writer.resources, writer.bytes]).toEqual([3, 7]);
});

test('nothing but empty blocks make no file', async () => {
  const writer = await newWriter();
  await writer.write(block('', true));
  await writer.writeFaults(block('', true));
  expect(writer.files).toEqual([]);
});

test('faults go into error files of their own, and count as no resources', async () => {
  const writer = await newWriter({ gzip });
  await writer.write(block('a\n'));
  await writer.writeFaults(block('x\n', true));
  await writer.writeFaults(block('y\n'));
  await writer.write(block('b\n', true));
  await writer.writeFaults(block('z\n', true));
  expect(writer.files).toMatchObject([
    { kind: 'error', type: 'OperationOutcome', name: 'OperationOutcome-7-1.ndjson.gz', count: 1 },
    { kind: 'output', type: 'Basic', name: 'Basic-7-1.ndjson.gz', count: 2 },
    { kind: 'error', type: 'OperationOutcome', name: 'OperationOutcome-7-2.ndjson.gz', count: 2 },
  ]);
  const second = await stored('OperationOutcome-7-2.ndjson.gz');
  expect(gunzipSync(second).toString()).toBe('y\nz\n');
  expect(writer.resources).toBe(2);
});

test('faults of a part of OperationOutcomes do not take the names of its files', async () => {
  const writer = await newWriter({ type: 'OperationOutcome' });
  await writer.write(block('a\n'));
  await writer.writeFaults(block('x\n', true));
  await writer.write(block('b\n', true));
  expect(await storedNames()).toEqual([
    'OperationOutcome-7-1.ndjson',
    'OperationOutcome-7-2.ndjson',
  ]);
});

test('an aborted part leaves nothing of unfinished files, and takes nothing more', async () => {
  const writer = await newWriter();
  await writer.write(block('a\n', true));
  await writer.writeFaults(block('x\n'));
  const writing = writer.write(block('b\n'));
  await writer.abort();
  await writing;
  await expect(writer.write(block('c\n'))).rejects.toThrow('aborted');
  expect(await storedNames()).toEqual(['Basic-7-1.ndjson']);
});
