import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Deployment } from '../support/deployment.ts';
import {
  begin,
  checksums,
  exportIdOf,
  fileName,
  finished,
  runExport,
} from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import type { TestService } from '../support/service.ts';

const kills = 10;
const concurrency = 2;
const counts = { Observation: 200_000, Encounter: 60_000, Condition: 40_000 };
const total = Object.values(counts).reduce((sum, count) => sum + count, 0);

let deployment: Deployment;
let base: string;
let workers: TestService[];

beforeAll(async () => {
  deployment = await Deployment.create({
    PART_RESOURCES: '10000',
    PART_LEASE: '2s',
    HOUSEKEEPING_INTERVAL: '500ms',
    WORKER_CONCURRENCY: String(concurrency),
    // Thousands of small files, each synced and renamed, keep workers busy for long enough.
    MAX_RESOURCES_PER_FILE: '50',
  });
  const types = Object.entries(counts).map(([type, count]) => ({ type, count, bytes: 200 }));
  await storeSampleData(deployment.database.pool, types);
  ({ base } = await deployment.startApi());
  workers = await Promise.all([deployment.startWorker(), deployment.startWorker()]);
}, 60_000);
afterAll(() => deployment.drop());

test('an export whose workers are killed ten times gives the files of an undisturbed one', async () => {
  const undisturbed = await runExport(base);
  expect(undisturbed.output.reduce((sum, { count }) => sum + count, 0)).toBe(total);

  const statusUrl = await begin(base);
  const id = exportIdOf(statusUrl);
  const statesAtKill: (string | undefined)[] = [];
  for (let n = 0; n < kills; n += 1) {
    await pause(randomInt(50, 400));
    const [victim] = workers.splice(randomInt(workers.length), 1);
    statesAtKill.push(await deployment.stateOf(id));
    await victim?.kill('SIGKILL');
    workers.push(await deployment.startWorker());
  }
  const manifest = await finished(statusUrl, 60_000);

  // On a busy machine the first ones may come before the plan is made.
  expect(statesAtKill.filter((state) => state === 'running').length).toBeGreaterThan(kills / 2);
  expect(statesAtKill).not.toContain('completed');
  expect(checksums(manifest)).toEqual(checksums(undisturbed));
  expect(await deployment.listFolder(id)).toEqual(manifest.output.map(fileName).sort());
  const [work] = await deployment.query<{ parts: number; again: number }>(
    'select count(*)::int as parts, sum(attempt - 1)::int as again from sluice.parts where export_id = $1',
    [id],
  );
  expect(work?.parts).toBeGreaterThanOrEqual(20);
  expect(work?.again).toBeGreaterThan(0);
  expect(work?.again).toBeLessThanOrEqual(kills * concurrency);
}, 90_000);
