import { Deployment } from '../support/deployment.ts';
import { begin, exportIdOf } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import { waitFor } from '../support/wait-for.ts';

/*
 * A worker that is told to end hands its parts back, and another one goes on with them. Nothing else would
 * give them away here: housekeeping comes every ten minutes, and a lease lasts as long.
 */

const count = 120_000;
const concurrency = 4;
let sluice: Deployment;

beforeAll(async () => {
  sluice = await Deployment.create({
    PART_RESOURCES: '30000',
    PART_LEASE: '10m',
    HOUSEKEEPING_INTERVAL: '10m',
    WORKER_CONCURRENCY: String(concurrency),
    // Thousands of small files keep workers busy for long enough.
    MAX_RESOURCES_PER_FILE: '10',
  });
  await storeSampleData(sluice.database.pool, [{ type: 'Observation', count, bytes: 300 }]);
}, 60_000);

afterAll(async () => await sluice.drop());

test('another worker has the parts of one that is told to end', async () => {
  const { base } = await sluice.startApi();
  const first = await sluice.startWorker();
  const url = await begin(base);
  const id = exportIdOf(url);
  await waitFor(async () => (await attempts(id)).filter((n) => n === 1).length === concurrency, {
    what: 'the worker has every part',
  });
  const second = await sluice.startWorker();
  expect(await attempts(id)).toEqual(Array.from({ length: concurrency }, () => 1));

  const begun = performance.now();
  const ended = first.kill('SIGTERM');
  await waitFor(async () => (await attempts(id)).every((n) => n !== 1), {
    what: 'the other worker has every part',
  });
  process.stderr.write(
    `the parts changed hands within ${Math.round(performance.now() - begun)} ms of the SIGTERM\n`,
  );
  expect(await ended).toEqual({ code: 0, signal: null });
  expect(first.log()).toContain('"reason":"shutdown"');
  expect(await sluice.stateOf(id)).toBe('running');
  await fetch(url, { method: 'DELETE' });
  await second.stop();
}, 90_000);

/** How often each part that is worked on was claimed; of the others, nothing. */
async function attempts(id: string): Promise<number[]> {
  const rows = await sluice.query<{ attempt: number }>(
    `select case state when 'running' then attempt when 'queued' then 1 end as attempt
       from sluice.parts where export_id = $1 and state <> 'completed'`,
    [id],
  );
  return rows.map(({ attempt }) => attempt);
}
