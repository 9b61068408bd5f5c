import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from '../file/file-store.ts';
import { StorageSettingsError } from '../settings/storage-settings-error.ts';
import { isLeftByCheck } from './check-storage.ts';
import { StorageHealth } from './storage-health.ts';

let folder: string;
let root: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-health-'));
  root = join(folder, 'files');
});
afterEach(() => rm(folder, { recursive: true }));

const good = { result: { message: 'ok', storage: { type: 'file' } } };
const bad = { error: { message: expect.stringContaining('has to be a folder') as string } };

function newHealth(now: () => number = Date.now): StorageHealth {
  const description = { provider: 'file', root } as const;
  return new StorageHealth({ store: new FileStore(root), description }, { now });
}

test('a check leaves nothing behind', async () => {
  expect(await newHealth().check()).toEqual(good);
  expect(await readdir(root)).toEqual([]);
});

test('a fault tells the operation and what to do, and no path', async () => {
  await writeFile(root, '');
  const report = await newHealth().check();
  expect(report).toMatchObject({ error: { faults: [{ operation: 'write' }], ...bad.error } });
  expect(JSON.stringify(report)).not.toContain(folder);
});

test('settings that are wrong are reported fault by fault', async () => {
  const error = new StorageSettingsError([
    { text: 'Account not found', remedy: 'add it' },
    { text: 'Bucket is not specified', remedy: 'name it' },
  ]);
  expect(await new StorageHealth({ error }).check()).toEqual({
    error: {
      message: 'Account not found',
      faults: [
        { message: 'Account not found', remedy: 'add it' },
        { message: 'Bucket is not specified', remedy: 'name it' },
      ],
    },
  });
});

test('who asks often gets the last report: a good one for a while, a bad one until it was looked into', async () => {
  let now = Date.now();
  const health = newHealth(() => now);
  const checked = () => health.check();
  expect(await health.recent()).toEqual(good);
  await rm(root, { recursive: true });
  await writeFile(root, '');
  now += 29_999;
  expect(await health.recent()).toEqual(good);
  now += 1;
  expect(await health.recent()).toEqual(good);
  // The check that this began is under way; who waits for it gets its report.
  expect(await checked()).toMatchObject(bad);
  await rm(root);
  expect(await health.recent()).toMatchObject(bad);
  expect(await checked()).toEqual(good);
  expect(await health.recent()).toEqual(good);
});

test.each([
  ['healthcheck_20260131T093000Z_0f8fad5b', '2026-01-31T10:30:01Z', true],
  ['healthcheck_20260131T093000Z_0f8fad5b', '2026-01-31T10:29:59Z', false],
  ['healthcheck_0f8fad5b', '2026-01-31T10:30:01Z', false],
  ['20260131T093000Z_0f8fad5b', '2026-01-31T10:30:01Z', false],
])('%s at %s was left by a check: %s', (name, now, left) => {
  expect(isLeftByCheck(name, new Date(now))).toBe(left);
});
