import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Deployment } from '../support/deployment.ts';
import { begin, exportIdOf, finished, kickOff, over, runExport } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import { waitFor } from '../support/wait-for.ts';

let deployment: Deployment;
let base: string;

beforeAll(async () => {
  deployment = await Deployment.create({
    PART_RESOURCES: '20000',
    PART_LEASE: '2s',
    HOUSEKEEPING_INTERVAL: '500ms',
    WORKER_CONCURRENCY: '2',
    MAX_RESOURCES_PER_FILE: '10',
  });
  await storeSampleData(deployment.database.pool, [
    { type: 'Observation', count: 150_000, bytes: 400 },
    { type: 'Patient', count: 20, bytes: 400 },
  ]);
  ({ base } = await deployment.startApi());
  await Promise.all([deployment.startWorker(), deployment.startWorker()]);
}, 60_000);
afterAll(() => deployment.drop());

/** An export that two workers are in the middle of. */
async function beginBig(): Promise<{ statusUrl: string; id: string }> {
  const statusUrl = await begin(base, '/$export?_type=Observation');
  const id = exportIdOf(statusUrl);
  await waitFor(async () => (await deployment.countCopies()) >= 3, 10_000);
  return { statusUrl, id };
}

async function isAtRest(id: string): Promise<boolean> {
  return (await deployment.countCopies()) === 0 && (await deployment.listFolder(id)) === undefined;
}

const statusOf = async (url: string, method = 'GET') => (await fetch(url, { method })).status;

test('DELETE in the middle stops every worker, frees the slot at once and leaves nothing', async () => {
  const { statusUrl, id } = await beginBig();
  const folder = await deployment.listFolder(id);
  const name = folder?.find((entry) => !entry.startsWith('.')) ?? '';
  expect(await statusOf(statusUrl, 'DELETE')).toBe(202);

  const next = await kickOff(base, '/$export?_type=Patient');
  expect(next.status).toBe(202);
  expect(await statusOf(statusUrl)).toBe(404);
  expect(await statusOf(`${base}/$export-file/${id}/${name}`)).toBe(404);
  expect(await statusOf(statusUrl, 'DELETE')).toBe(404);
  await waitFor(() => isAtRest(id), 5000);

  const manifest = await finished(next.headers.get('content-location') ?? '');
  expect(manifest.output.reduce((sum, { count }) => sum + count, 0)).toBe(20);
  // Whoever had not noticed would have written by now.
  expect(await deployment.listFolder(id)).toBeUndefined();
}, 30_000);

test('a cancellation whose message is lost is noticed when leases are renewed', async () => {
  const { statusUrl, id } = await beginBig();
  await deployment.query(
    `update sluice.exports set state = 'cancelled', ended_at = clock_timestamp() where id = $1`,
    [id],
  );
  await waitFor(async () => (await deployment.countCopies()) === 0, 5000);
  await waitFor(() => isAtRest(id), 5000);
  expect(await statusOf(statusUrl)).toBe(404);
  await runExport(base, '/$export?_type=Patient');
}, 30_000);

test('DELETE of a completed export removes its files', async () => {
  const statusUrl = await begin(base, '/$export?_type=Patient');
  const manifest = await finished(statusUrl);
  const id = exportIdOf(statusUrl);
  expect(await deployment.listFolder(id)).toHaveLength(manifest.output.length);
  expect(await statusOf(statusUrl, 'DELETE')).toBe(202);
  expect(await statusOf(manifest.output[0]?.url ?? '')).toBe(404);
  expect((await over(statusUrl)).status).toBe(404);
  expect(await statusOf(statusUrl, 'DELETE')).toBe(404);
  await waitFor(() => isAtRest(id), 5000);
}, 20_000);

test('DELETE of a failed export ends its error', async () => {
  const { statusUrl, id } = await beginBig();
  const [row] = await deployment.query<{ folder: string }>(
    'select folder from sluice.exports where id = $1',
    [id],
  );
  const folder = join(deployment.files, row?.folder ?? '');
  await waitFor(() =>
    rm(folder, { recursive: true }).then(
      () => true,
      () => false,
    ),
  );
  expect((await over(statusUrl, 10_000)).status).toBe(500);
  await waitFor(() => isAtRest(id), 5000);
  expect(await statusOf(statusUrl, 'DELETE')).toBe(202);
  expect(await statusOf(statusUrl)).toBe(404);
}, 20_000);
