import type { StagedResource } from '@sluice/postgres';
import { BatchWriter } from './batch-writer.ts';
import { stageDelete } from './stage-resource.ts';

const resource = (id: string, extra: Partial<StagedResource> = {}): StagedResource => ({
  ...stageDelete('Flag', id, 1),
  deleted: false,
  head: Buffer.alloc(10),
  ...extra,
});

function createWriter(options: ConstructorParameters<typeof BatchWriter>[1]) {
  const batches: string[][] = [];
  const writer = new BatchWriter((batch) => {
    batches.push(batch.map(({ id }) => id));
    return Promise.resolve({ stored: batch.length, unchanged: 0, deleted: 0, older: 0 });
  }, options);
  return { batches, writer };
}

async function write(writer: BatchWriter, resources: StagedResource[]) {
  for (const each of resources) {
    await writer.add(each);
  }
  await writer.finish();
}

test('batches are cut by number', async () => {
  const { batches, writer } = createWriter({ maxResources: 2 });
  await write(
    writer,
    ['1', '2', '3', '4', '5'].map((id) => resource(id)),
  );
  expect(batches).toEqual([['1', '2'], ['3', '4'], ['5']]);
  expect(writer.written).toMatchObject({ stored: 5, byType: { Flag: 5 } });
});

test('batches are cut by size, and what is larger is a batch of its own', async () => {
  const { batches, writer } = createWriter({ maxBytes: 25 });
  const large = resource('large', { tail: Buffer.alloc(90) });
  await write(writer, [resource('1'), resource('2'), resource('3'), large, resource('4')]);
  expect(batches).toEqual([['1', '2'], ['3'], ['large'], ['4']]);
});

test('one resource is never in a batch twice', async () => {
  const { batches, writer } = createWriter({});
  await write(writer, [stageDelete('Flag', '1', 1), resource('2'), resource('1')]);
  expect(batches).toEqual([['1', '2'], ['1']]);
  expect(writer.written.byType).toEqual({ Flag: 2 });
});

test('lines are numbered anew in each batch: those of several files and entries of a Bundle collide', async () => {
  const lines: number[][] = [];
  const writer = new BatchWriter(
    (batch) => {
      lines.push(batch.map(({ line }) => line));
      return Promise.resolve({ stored: batch.length, unchanged: 0, deleted: 0, older: 0 });
    },
    { maxResources: 2 },
  );
  await write(
    writer,
    ['1', '2', '3'].map((id) => resource(id)),
  );
  expect(lines).toEqual([[1, 2], [1]]);
});

test('nothing to write is not written', async () => {
  const { batches, writer } = createWriter({});
  await write(writer, []);
  expect(batches).toEqual([]);
});

test('the next batch is gathered while one is written, the one after that has to wait', async () => {
  const release: (() => void)[] = [];
  const writer = new BatchWriter(
    (batch) =>
      new Promise((resolve) => {
        release.push(() => {
          resolve({ stored: batch.length, unchanged: 0, deleted: 0, older: 0 });
        });
      }),
    { maxResources: 1 },
  );
  expect(writer.add(resource('1'))).toBeUndefined();
  await writer.add(resource('2'));
  expect(release).toHaveLength(1);
  let waited = false;
  const third = writer.add(resource('3'))?.then(() => (waited = true));
  await new Promise(setImmediate);
  expect({ waited, started: release.length }).toEqual({ waited: false, started: 1 });
  release[0]?.();
  await third;
  expect(release).toHaveLength(2);
});

test('a failed write is thrown to the caller', async () => {
  const writer = new BatchWriter(() => Promise.reject(new Error('no connection')), {
    maxResources: 1,
  });
  await writer.add(resource('1'));
  await writer.add(resource('2'));
  await new Promise(setImmediate);
  await expect(writer.add(resource('3'))).rejects.toThrow('no connection');
});

test('old stamps are counted, but never more than were stored', async () => {
  const since = '2024-01-01T00:00:00.000000Z';
  const old = resource('1', { lastUpdated: since });
  const fresh = resource('2', { lastUpdated: '2024-01-01T00:00:00.000001Z' });
  const { writer } = createWriter({ since });
  await write(writer, [old, fresh, resource('3')]);
  expect(writer.written.oldStamps).toBe(1);

  const unchanged = new BatchWriter(
    (batch) => Promise.resolve({ stored: 0, unchanged: batch.length, deleted: 0, older: 0 }),
    { since },
  );
  await write(unchanged, [old]);
  expect(unchanged.written.oldStamps).toBe(0);
});

test('versions of resources are written in rounds, each in its order', async () => {
  const { batches, writer } = createWriter({});
  const versions = ['1', '2', '3'].flatMap((id) =>
    ['1', '2', '3'].map((versionId) => resource(id, { versionId })),
  );
  await write(writer, versions.slice(0, -1));
  expect(batches).toEqual([
    ['1', '2', '3'],
    ['1', '2', '3'],
    ['1', '2'],
  ]);
});

test('of states that do not say how old they are the last one is written', async () => {
  const written: StagedResource[] = [];
  const writer = new BatchWriter((batch) => {
    written.push(...batch);
    return Promise.resolve({ stored: batch.length, unchanged: 0, deleted: 0, older: 0 });
  });
  const states = ['a', 'b', 'c'].map((text) => resource('1', { head: Buffer.from(text) }));
  await write(writer, states);
  expect(written.map(({ head }) => head.toString())).toEqual(['c']);
});
