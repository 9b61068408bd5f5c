import { Deployment } from '../support/deployment.ts';
import { begin, finished } from '../support/export-client.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { storeSampleData } from '../support/sample-data.ts';
import type { TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly timestamp: string;
  readonly error?: string;
  readonly repeated?: number;
}

function linesOf(worker: TestService): Line[] {
  return worker
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Line);
}

describe('a Redis that answers but refuses to write', () => {
  let redis: OwnRedis;
  let deployment: Deployment;

  beforeAll(async () => {
    redis = await OwnRedis.start();
    deployment = await Deployment.create({ REDIS_URL: redis.url, HOUSEKEEPING_INTERVAL: '500ms' });
    await storeSampleData(deployment.database.pool, [
      { type: 'Observation', count: 5_000, bytes: 300 },
    ]);
  }, 60_000);
  afterAll(async () => {
    await deployment.drop();
    await redis.stop();
  });

  test.each([
    {
      what: 'is full',
      refuse: () => redis.client.config('SET', 'maxmemory', '1mb'),
      allow: () => redis.client.config('SET', 'maxmemory', '0'),
      says: 'OOM command not allowed',
    },
    {
      what: 'is a replica',
      // Nobody is at that port; it stays what it is and takes no writes.
      refuse: () => redis.client.replicaof('127.0.0.1', '1'),
      allow: () => redis.client.replicaof('NO', 'ONE'),
      says: 'READONLY',
    },
    {
      what: 'lacks the replicas that it must have',
      refuse: () => redis.client.config('SET', 'min-replicas-to-write', '1'),
      allow: () => redis.client.config('SET', 'min-replicas-to-write', '0'),
      says: 'NOREPLICAS',
    },
  ])(
    'since it $what costs a worker a few lines with a count, and work goes on when it takes writes again',
    async ({ refuse, allow, says }) => {
      const { base, api } = await deployment.startApi();
      const statusUrl = await begin(base);
      await refuse();
      // What is in the queue already has to be taken, which is a write.
      const worker = await deployment.startWorker({}, { readyPath: '/healthz' });
      try {
        const faults = () => linesOf(worker).filter(({ error }) => error?.includes(says));
        await waitFor(() => faults().some(({ repeated }) => repeated !== undefined), {
          timeoutMs: 30_000,
          what: 'a count of what repeats',
        });
        const seen = faults();
        const seconds =
          (Date.parse(seen.at(-1)?.timestamp ?? '') - Date.parse(seen[0]?.timestamp ?? '')) / 1000;
        // One line of each kind of fault at once, and one for each ten seconds.
        expect(seen.length).toBeLessThanOrEqual(6 * (1 + seconds / 10));
        const tries = seen.reduce((sum, { repeated = 1 }) => sum + repeated, 0);
        expect(tries / seconds).toBeLessThan(20);
        process.stderr.write(`${says}: ${seen.length} lines, ${tries} faults in ${seconds} s\n`);
      } finally {
        await allow();
      }
      const manifest = await finished(statusUrl);
      expect(manifest.output.reduce((sum, { count }) => sum + count, 0)).toBe(5_000);
      await worker.stop();
      await api.stop();
    },
    90_000,
  );
});
