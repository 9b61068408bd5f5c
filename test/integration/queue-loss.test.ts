import { Deployment } from '../support/deployment.ts';
import {
  begin,
  checksums,
  exportIdOf,
  fileName,
  finished,
  kickOff,
  runExport,
  type Manifest,
} from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import type { TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

const total = 60_000;
let deployment: Deployment;
let base: string;
let api: TestService;
let worker: TestService;
let undisturbed: Manifest;

beforeAll(async () => {
  deployment = await Deployment.create({
    PART_RESOURCES: '3000',
    PART_LEASE: '2s',
    HOUSEKEEPING_INTERVAL: '500ms',
    WORKER_CONCURRENCY: '2',
    MAX_RESOURCES_PER_FILE: '20',
  });
  await storeSampleData(deployment.database.pool, [
    { type: 'Observation', count: total, bytes: 300 },
  ]);
  ({ api, base } = await deployment.startApi());
  worker = await deployment.startWorker();
  undisturbed = await runExport(base);
}, 60_000);
afterAll(() => deployment.drop());

/** Kicks off and waits until some parts are done and others are not. */
async function beginAndReachTheMiddle(): Promise<string> {
  const statusUrl = await begin(base);
  await waitFor(async () => (await partsCompleted(exportIdOf(statusUrl))) >= 2, 15_000);
  expect(await deployment.stateOf(exportIdOf(statusUrl))).toBe('running');
  return statusUrl;
}

async function partsCompleted(id: string): Promise<number> {
  const [row] = await deployment.query<{ n: number }>(
    'select parts_completed as n from sluice.exports where id = $1',
    [id],
  );
  return row?.n ?? 0;
}

async function expectUndisturbed(statusUrl: string): Promise<void> {
  const manifest = await finished(statusUrl, 30_000);
  expect(manifest.output.reduce((sum, { count }) => sum + count, 0)).toBe(total);
  expect(checksums(manifest)).toEqual(checksums(undisturbed));
  const folder = await deployment.listFolder(exportIdOf(statusUrl));
  expect(folder).toEqual(manifest.output.map(fileName).sort());
}

test('an export completes, nothing lost and nothing twice, when Redis loses its memory', async () => {
  const statusUrl = await beginAndReachTheMiddle();
  await deployment.forgetRedis();
  await expectUndisturbed(statusUrl);
}, 40_000);

test('while an export is active a kick-off is answered 429 though the lock is lost', async () => {
  const statusUrl = await beginAndReachTheMiddle();
  await deployment.forgetRedis('slot:*');
  for (let n = 0; n < 3; n += 1) {
    const answer = await kickOff(base, '/$export');
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  }
  await expectUndisturbed(statusUrl);
  const [row] = await deployment.query<{ n: number }>(
    `select count(*)::int as n from sluice.exports where state not in ('completed', 'expired')`,
  );
  expect(row?.n).toBe(0);
}, 40_000);

test('an export goes on when API and worker are started again in the middle', async () => {
  const statusUrl = await beginAndReachTheMiddle();
  await api.kill('SIGKILL');
  await worker.kill('SIGKILL');
  const before = await partsCompleted(exportIdOf(statusUrl));
  const again = await deployment.startApi();
  ({ api, base } = again);
  worker = await deployment.startWorker();
  const { pathname } = new URL(statusUrl);
  await expectUndisturbed(new URL(pathname, base).href);
  expect(before).toBeGreaterThanOrEqual(2);
}, 40_000);

test('a plan that Redis forgot before a worker saw it is made all the same', async () => {
  await worker.stop();
  const statusUrl = await begin(base);
  await deployment.forgetRedis();
  worker = await deployment.startWorker();
  await expectUndisturbed(statusUrl);
}, 40_000);
