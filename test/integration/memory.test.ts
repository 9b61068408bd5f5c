import { readFile } from 'node:fs/promises';
import { Deployment } from '../support/deployment.ts';
import { runExport } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';

const megabyte = 1 << 20;
const large = 20 * megabyte;
let deployment: Deployment;
let base: string;

beforeAll(async () => {
  deployment = await Deployment.create({ PART_RESOURCES: '100', WORKER_CONCURRENCY: '4' });
  await storeSampleData(deployment.database.pool, [
    { type: 'Binary', count: 20, bytes: large },
    { type: 'Observation', count: 20_000, bytes: 500 },
  ]);
  ({ base } = await deployment.startApi());
}, 60_000);
afterAll(() => deployment.drop());

/** The most memory that a process has ever had resident. */
async function peakMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

test('a worker with four parts in hand stays within 200 MB and twice the largest resource', async () => {
  const worker = await deployment.startWorker();
  const manifest = await runExport(base);
  const bytes = manifest.output.map((item) => item.extension['urn:sluice:output-file'].size);
  expect(manifest.output.reduce((sum, { count }) => sum + count, 0)).toBe(20_020);
  expect(bytes.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(20 * (large - megabyte));
  const peak = await peakMegabytes(worker.pid);
  expect(peak).toBeGreaterThan(0);
  expect(peak).toBeLessThanOrEqual(200 + (2 * large) / megabyte);
  await worker.stop();
}, 60_000);

test('it stays within 200 MB when files are as small as can be', async () => {
  const worker = await deployment.startWorker({
    PART_RESOURCES: '5000',
    MAX_RESOURCES_PER_FILE: '4',
  });
  const manifest = await runExport(base, '/$export?_type=Observation');
  expect(manifest.output.length).toBeGreaterThanOrEqual(5000);
  expect(await peakMegabytes(worker.pid)).toBeLessThanOrEqual(200);
}, 60_000);
