import { Deployment } from '../support/deployment.ts';
import {
  begin,
  checksums,
  exportIdOf,
  fileName,
  finished,
  kickOff,
  runExport,
} from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import type { TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

const connections = 6;
const counts = { Observation: 60_000, Encounter: 25_000, Condition: 15_000 };

let deployment: Deployment;
let base: string;

beforeAll(async () => {
  deployment = await Deployment.create({
    PART_RESOURCES: '2000',
    PART_LEASE: '2s',
    HOUSEKEEPING_INTERVAL: '500ms',
    WORKER_CONCURRENCY: '2',
    DATABASE_MAX_CONNECTIONS: String(connections),
    // Thousands of small files, each synced and renamed, keep workers busy for long enough.
    MAX_RESOURCES_PER_FILE: '20',
  });
  const types = Object.entries(counts).map(([type, count]) => ({ type, count, bytes: 200 }));
  await storeSampleData(deployment.database.pool, types);
  ({ base } = await deployment.startApi());
  await deployment.startWorker();
}, 120_000);
afterAll(() => deployment.drop());

test('workers that come and go in the middle of an export share it, and its files stay the same', async () => {
  const undisturbed = await runExport(base);

  const statusUrl = await begin(base);
  const id = exportIdOf(statusUrl);
  const state = async () => await deployment.stateOf(id);
  await waitFor(async () => (await state()) === 'running', { what: 'the export runs' });
  const added = await Promise.all([1, 2, 3].map(() => deployment.startWorker()));
  await waitFor(
    async () => (await Promise.all(added.map(partsWritten))).every((count) => count > 0),
    { what: 'each new worker has written a part', timeoutMs: 60_000 },
  );
  expect(await state()).toBe('running');
  expect(await workerConnections()).toBeLessThanOrEqual(4 * connections);
  expect((await kickOff(base, '/$export')).status).toBe(429);

  const [killed, ...told] = added;
  await killed?.kill('SIGKILL');
  const ends = await Promise.all(told.map((worker) => worker.kill('SIGTERM')));
  expect(ends).toEqual(told.map(() => ({ code: 0, signal: null })));
  expect(await state()).toBe('running');

  const manifest = await finished(statusUrl, 90_000);
  expect(checksums(manifest)).toEqual(checksums(undisturbed));
  expect(await deployment.listFolder(id)).toEqual(manifest.output.map(fileName).sort());
}, 180_000);

/** What a worker says of itself. */
async function partsWritten({ metricsUrl }: TestService): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  const line = /^sluice_part_duration_seconds_count\{.*outcome="written".*\} (\d+)$/m.exec(text);
  return Number(line?.[1] ?? 0);
}

async function workerConnections(): Promise<number> {
  const rows = await deployment.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity
      where datname = current_database() and application_name like 'sluice-worker %'`,
  );
  return rows[0]?.n ?? 0;
}
