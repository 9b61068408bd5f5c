import { Deployment } from '../support/deployment.ts';
import { begin, exportIdOf, finished } from '../support/export-client.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { storeSampleData } from '../support/sample-data.ts';
import { waitFor } from '../support/wait-for.ts';

const cleanly = { code: 0, signal: null };

describe('a process that is told to end while Redis is away', () => {
  let redis: OwnRedis;
  let deployment: Deployment;

  beforeEach(async () => {
    redis = await OwnRedis.start();
    deployment = await Deployment.create({
      REDIS_URL: redis.url,
      PART_RESOURCES: '20000',
      PART_LEASE: '2s',
      HOUSEKEEPING_INTERVAL: '500ms',
      WORKER_CONCURRENCY: '2',
      MAX_RESOURCES_PER_FILE: '10',
    });
    await storeSampleData(deployment.database.pool, [
      { type: 'Observation', count: 60_000, bytes: 300 },
    ]);
  }, 60_000);
  afterEach(async () => {
    await deployment.drop();
    await redis.stop();
  });

  test.each(['is gone', 'is silent'])(
    'hands its parts back and exits with 0 when Redis %s, and another worker goes on once it is back',
    async (how) => {
      const { base } = await deployment.startApi();
      const worker = await deployment.startWorker();
      const statusUrl = await begin(base);
      const id = exportIdOf(statusUrl);
      await waitFor(async () => ((await deployment.listFolder(id)) ?? []).length > 5);
      if (how === 'is gone') await redis.goAway();
      else redis.freeze();
      expect(await worker.kill('SIGTERM')).toEqual(cleanly);
      expect(worker.log()).not.toContain('shutdown phase failed');
      const held = await deployment.query(
        `select number from sluice.parts where export_id = $1 and state = 'running'`,
        [id],
      );
      expect(held).toEqual([]);
      if (how === 'is gone') await redis.comeBack();
      else redis.thaw();
      await deployment.startWorker({ MAX_RESOURCES_PER_FILE: '100000' });
      const manifest = await finished(statusUrl);
      expect(manifest.output.reduce((sum, { count }) => sum + count, 0)).toBe(60_000);
    },
    90_000,
  );

  test('exits with 0 when it is a worker that has never reached Redis', async () => {
    await redis.goAway();
    const worker = await deployment.startWorker({}, { readyPath: '/healthz' });
    expect(await worker.kill('SIGTERM')).toEqual(cleanly);
    expect(worker.log()).not.toContain('shutdown phase failed');
  });

  test('exits with 0 when it is an API', async () => {
    const { api, base } = await deployment.startApi();
    await redis.goAway();
    const kickOff = fetch(`${base}/$export`, { headers: { prefer: 'respond-async' } });
    expect((await kickOff).status).toBe(503);
    expect(await api.kill('SIGTERM')).toEqual(cleanly);
    expect(api.log()).not.toContain('shutdown phase failed');
  });
});
