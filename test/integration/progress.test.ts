import { randomUUID } from 'node:crypto';
import { createQueue, type ExportQueue } from '@sluice/queue';
import { Redis } from 'ioredis';
import { Deployment } from '../support/deployment.ts';
import { begin, exportIdOf, finished } from '../support/export-client.ts';
import { testRedis } from '../support/redis.ts';
import { storeSampleData } from '../support/sample-data.ts';
import { waitFor } from '../support/wait-for.ts';

describe('the live progress of an export', () => {
  const slot = 'system/0';
  const parts = [{ number: 1, resources: 5, bytes: 700 }];
  const { redisUrl, prefix } = testRedis();
  let queue: ExportQueue;
  let redis: Redis;
  let exportId: string;

  beforeAll(() => {
    queue = createQueue({ redisUrl, prefix });
    redis = new Redis(redisUrl);
  });
  afterAll(async () => {
    await queue.close();
    redis.disconnect();
  });
  beforeEach(async () => {
    exportId = randomUUID();
    expect(await queue.takeSlot(slot, exportId)).toEqual({ taken: true });
  });
  afterEach(() => queue.freeSlot(slot, exportId));

  const progress = async () => (await queue.countPoll(`client:${exportId}`, exportId)).progress;
  const write = () => queue.writeProgress({ exportId, slot }, parts);
  const keys = () => redis.keys(`${prefix}:progress:*`);

  test('is there while it holds its slot', async () => {
    await write();
    expect(await progress()).toEqual({ resources: 5, bytes: 700 });
  });

  test('goes with the slot, and a late write does not bring it back', async () => {
    await write();
    await queue.freeSlot(slot, exportId);
    expect(await keys()).toEqual([]);
    await write();
    expect(await keys()).toEqual([]);
  });

  test('goes when another export takes the slot over, whose own it does not touch', async () => {
    await write();
    const next = randomUUID();
    expect(await queue.replaceSlot(slot, exportId, next)).toBe(true);
    await queue.writeProgress({ exportId: next, slot }, parts);
    await write();
    await queue.freeSlot(slot, exportId);
    expect(await keys()).toEqual([`${prefix}:progress:${next}`]);
    await queue.freeSlot(slot, next);
    expect(await keys()).toEqual([]);
  });

  test('never outlives an end that meets its writes, in whatever order', async () => {
    // A connection for each: the worker that writes, the API that ends the export.
    const api = createQueue({ redisUrl, prefix });
    for (let round = 0; round < 500; round += 1) {
      const id = randomUUID();
      await queue.replaceSlot(slot, exportId, id);
      exportId = id;
      const writes = Array.from({ length: round % 5 }, write);
      await Promise.all([...writes, api.freeSlot(slot, id), write()]);
      expect(await keys()).toEqual([]);
    }
    await api.close();
  });
});

test('an export that ends, by itself or by DELETE, leaves no progress and no lock in Redis', async () => {
  const deployment = await Deployment.create({
    PART_RESOURCES: '20000',
    WORKER_CONCURRENCY: '2',
    MAX_RESOURCES_PER_FILE: '10',
  });
  try {
    await storeSampleData(deployment.database.pool, [
      { type: 'Observation', count: 40_000, bytes: 300 },
    ]);
    const { base } = await deployment.startApi();
    await deployment.startWorker();
    const prefix = deployment.env['REDIS_PREFIX'] ?? '';
    const left = async () => [
      ...(await deployment.redis.keys(`${prefix}:progress:*`)),
      ...(await deployment.redis.keys(`${prefix}:slot:*`)),
    ];
    const beginAndSeeProgress = async () => {
      const statusUrl = await begin(base);
      const key = `${prefix}:progress:${exportIdOf(statusUrl)}`;
      await waitFor(async () => (await deployment.redis.exists(key)) === 1, { what: key });
      return statusUrl;
    };

    const cancelled = await beginAndSeeProgress();
    expect((await fetch(cancelled, { method: 'DELETE' })).status).toBe(202);
    const id = exportIdOf(cancelled);
    const isAtRest = async () =>
      (await deployment.countCopies()) === 0 && (await deployment.listFolder(id)) === undefined;
    await waitFor(isAtRest, { what: 'no worker writes' });
    expect(await left()).toEqual([]);

    await finished(await beginAndSeeProgress());
    await waitFor(async () => (await left()).length === 0, { what: 'nothing is left' });
  } finally {
    await deployment.drop();
  }
}, 60_000);
