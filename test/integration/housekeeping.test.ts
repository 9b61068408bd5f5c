import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { Deployment } from '../support/deployment.ts';
import { begin, exportIdOf, finished, kickOff, over } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import type { TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

let deployment: Deployment;
let base: string;
let worker: TestService;

beforeAll(async () => {
  deployment = await Deployment.create({
    PART_RESOURCES: '5000',
    PART_LEASE: '2s',
    HOUSEKEEPING_INTERVAL: '300ms',
    WORKER_CONCURRENCY: '2',
    MAX_RESOURCES_PER_FILE: '10',
  });
  await storeSampleData(deployment.database.pool, [
    { type: 'Observation', count: 60_000, bytes: 300 },
    { type: 'Patient', count: 20, bytes: 300 },
  ]);
  ({ base } = await deployment.startApi());
}, 60_000);
afterAll(() => deployment.drop());
beforeEach(async () => {
  worker = await deployment.startWorker();
});
afterEach(() => worker.stop());

interface Outcome {
  readonly resourceType: string;
  readonly issue: readonly { severity: string; code: string; details: { text: string } }[];
}

/** The error that a failed export answers; asserts that every poll gives the same. */
async function failureOf(statusUrl: string): Promise<Outcome['issue'][number] | undefined> {
  const answer = await over(statusUrl, 15_000);
  const text = await answer.text();
  expect([answer.status, answer.headers.get('content-type')]).toEqual([
    500,
    'application/fhir+json',
  ]);
  const again = await fetch(statusUrl);
  expect([again.status, await again.text()]).toEqual([500, text]);
  const outcome = JSON.parse(text) as Outcome;
  expect(outcome.resourceType).toBe('OperationOutcome');
  return outcome.issue[0];
}

async function beginAndReachTheMiddle(): Promise<{ statusUrl: string; id: string }> {
  const statusUrl = await begin(base, '/$export?_type=Observation');
  const id = exportIdOf(statusUrl);
  await waitFor(async () => ((await deployment.listFolder(id)) ?? []).length > 5, 10_000);
  return { statusUrl, id };
}

const slotIsFree = async () => {
  const answer = await kickOff(base, '/$export?_type=Patient');
  expect(answer.status).toBe(202);
  await finished(answer.headers.get('content-location') ?? '');
};

test('an export expires: its files are removed, and its addresses answer 404', async () => {
  await worker.stop();
  worker = await deployment.startWorker({ RETENTION: '1s' });
  const statusUrl = await begin(base, '/$export?_type=Patient');
  const manifest = await finished(statusUrl);
  const id = exportIdOf(statusUrl);
  await waitFor(async () => (await deployment.listFolder(id)) === undefined, 10_000);
  expect((await fetch(statusUrl)).status).toBe(404);
  expect((await fetch(manifest.output[0]?.url ?? '')).status).toBe(404);
  expect(await deployment.stateOf(id)).toBe('expired');
}, 20_000);

test('a folder that no export owns is removed, other things in the storage are left alone', async () => {
  const orphan = join(deployment.files, `20260101T000000Z_${randomUUID()}`);
  const ofOldCheck = join(deployment.files, `healthcheck_20260101T000000Z_${randomUUID()}`);
  const foreign = join(deployment.files, 'reports');
  for (const folder of [orphan, ofOldCheck, foreign]) {
    await mkdir(folder);
    await writeFile(join(folder, 'Patient-1-1.ndjson'), '{}\n');
  }
  const statusUrl = await begin(base, '/$export?_type=Patient');
  await finished(statusUrl);
  for (const folder of [orphan, ofOldCheck]) {
    await waitFor(() => !existsSync(folder), { timeoutMs: 5000, what: `${folder} is gone` });
  }
  expect(existsSync(foreign)).toBe(true);
  expect(await deployment.listFolder(exportIdOf(statusUrl))).toHaveLength(2);
  await rm(foreign, { recursive: true });
}, 20_000);

test('an export without progress for STUCK_AFTER fails with the cause, and its slot is free', async () => {
  await worker.stop();
  worker = await deployment.startWorker({ STUCK_AFTER: '4s' });
  const { statusUrl } = await beginAndReachTheMiddle();
  const client = await deployment.database.pool.connect();
  try {
    await client.query('begin');
    await client.query('lock table sluice.resources_observation_current in access exclusive mode');
    const issue = await failureOf(statusUrl);
    expect([issue?.severity, issue?.code]).toEqual(['error', 'timeout']);
    expect(issue?.details.text).toMatch(/given up after 4 s without progress/);
    await slotIsFree();
  } finally {
    await client.query('rollback');
    client.release();
  }
}, 30_000);

test('an export is not stuck while a part takes longer than STUCK_AFTER but goes on', async () => {
  await worker.stop();
  // One part, of 6,000 files that are synced and renamed.
  worker = await deployment.startWorker({ STUCK_AFTER: '2s', PART_RESOURCES: '100000' });
  const statusUrl = await begin(base, '/$export?_type=Observation');
  const manifest = await finished(statusUrl);
  expect(manifest.output.reduce((sum, { count }) => sum + count, 0)).toBe(60_000);
  const [row] = await deployment.query<{ seconds: number }>(
    `select extract(epoch from completed_at - requested_at)::float8 as seconds
       from sluice.exports where id = $1`,
    [exportIdOf(statusUrl)],
  );
  expect(row?.seconds).toBeGreaterThan(2);
}, 40_000);

test('an export whose folder is taken away fails with the cause, and its slot is free', async () => {
  const { statusUrl, id } = await beginAndReachTheMiddle();
  const [row] = await deployment.query<{ folder: string }>(
    'select folder from sluice.exports where id = $1',
    [id],
  );
  const folder = join(deployment.files, row?.folder ?? '');
  await waitFor(
    () =>
      rm(folder, { recursive: true }).then(
        () => true,
        () => false,
      ),
    5000,
  );
  const issue = await failureOf(statusUrl);
  expect(issue?.details.text).toMatch(
    /^The export could not write its files: file storage does not find "[^/"]+\/\w+-.*" \(ENOENT\): /,
  );
  await slotIsFree();
}, 30_000);

test('a storage that cannot be written fails the export with the cause', async () => {
  await worker.stop();
  const path = join(deployment.files, 'occupied');
  worker = await deployment.startWorker({ FILE_STORAGE_DIR: path });
  await rm(path, { recursive: true });
  await writeFile(path, '');
  const issue = await failureOf(await begin(base, '/$export?_type=Patient'));
  expect(issue?.code).toBe('exception');
  expect(issue?.details.text).toMatch(/^The export could not write its files: /);
  await worker.stop();
  await rm(path);
  worker = await deployment.startWorker();
  await slotIsFree();
}, 30_000);

test('a worker that is told to end hands its parts back and exits with 0', async () => {
  const { statusUrl, id } = await beginAndReachTheMiddle();
  const exit = await worker.kill('SIGTERM');
  expect(exit).toEqual({ code: 0, signal: null });
  const held = await deployment.query(
    `select number from sluice.parts where export_id = $1 and state = 'running'`,
    [id],
  );
  expect(held).toEqual([]);
  expect((await deployment.listFolder(id))?.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  worker = await deployment.startWorker();
  expect((await finished(statusUrl)).output).not.toEqual([]);
}, 60_000);
