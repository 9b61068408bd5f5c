import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Deployment } from '../support/deployment.ts';
import { begin, exportIdOf, finished, over } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import type { TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

/*
 * Parts that never end well: one that Postgres refuses to give, one that takes its worker down each time,
 * and an export whose plan does. They are given up soon, and nothing beside them is.
 */

const role = `sluice_refused_${randomBytes(6).toString('hex')}`;
let sluice: Deployment;
let base: string;

beforeAll(async () => {
  sluice = await Deployment.create({
    PART_RESOURCES: '60000',
    PART_LEASE: '1s',
    HOUSEKEEPING_INTERVAL: '500ms',
    WORKER_CONCURRENCY: '4',
    EXPORT_SLOTS: '4',
    // Small files keep the workers busy for long enough.
    MAX_RESOURCES_PER_FILE: '10',
  });
  await storeSampleData(sluice.database.pool, [
    { type: 'Observation', count: 60_000, bytes: 300 },
    { type: 'Condition', count: 40_000, bytes: 300 },
    ...['Device', 'Organization', 'Location', 'Practitioner'].map((type) => ({
      type,
      count: 20,
      bytes: 300,
    })),
  ]);
  ({ base } = await sluice.startApi());
}, 60_000);

afterAll(async () => {
  await sluice.query(`drop owned by ${role}`);
  await sluice.query(`drop role ${role}`);
  await sluice.drop();
});

interface PartTries {
  readonly type: string;
  readonly attempt: number;
  readonly faults: number;
  readonly losses: number;
}

async function triesOf(id: string): Promise<PartTries[]> {
  return await sluice.query<PartTries>(
    'select type, attempt, faults, losses from sluice.parts where export_id = $1 order by number',
    [id],
  );
}

/** What a poll says of the end of an export. */
async function endOf(url: string): Promise<{ status: number; text: string }> {
  const answer = await over(url, 120_000);
  return { status: answer.status, text: await answer.text() };
}

test('a part with a fault of which nobody can say is tried three times, and small ones of its job once more at most', async () => {
  // Devices cannot be read by the worker: its role is no superuser, and a policy throws.
  const worker = await sluice.startWorker({ DATABASE_URL: await refusingUrl() });
  const url = await begin(base, '/$export?_type=Device,Organization,Location,Practitioner');
  const { status, text } = await endOf(url);
  expect(status).toBe(500);
  expect(text).toContain('SQLSTATE P0001');
  const tries = await triesOf(exportIdOf(url));
  const poison = tries.find(({ type }) => type === 'Device');
  expect(poison).toMatchObject({ attempt: 3, faults: 2, losses: 0 });
  for (const other of tries.filter(({ type }) => type !== 'Device')) {
    expect(other).toMatchObject({ faults: 0, losses: 0 });
    expect(other.attempt).toBeLessThanOrEqual(2);
  }
  // Nothing of it befalls the next export.
  expect(await countOf(await begin(base, '/$export?_type=Organization,Location'))).toBe(40);
  await worker.stop();
}, 120_000);

test('a part that takes its worker down is tried five times, alone after the first, and harms no other export', async () => {
  let worker = await sluice.startWorker();
  const killer = await begin(base, '/$export?_type=Observation');
  const other = await begin(base, '/$export?_type=Condition');
  const id = exportIdOf(killer);
  let kills = 0;
  let beside = 0;
  for (;;) {
    // Its lease outlives the worker for a moment, so it is claimed again when its attempt is another.
    const isClaimed = async (): Promise<boolean> => (await attemptInHand(id)) === kills + 1;
    await waitFor(async () => (await isClaimed()) || (await sluice.stateOf(id)) === 'failed', {
      timeoutMs: 60_000,
      what: 'the part is in hand, or given up',
    });
    if ((await sluice.stateOf(id)) === 'failed') break;
    if (kills > 0) beside += await copiesBeside();
    await worker.kill('SIGKILL');
    kills += 1;
    worker = await sluice.startWorker();
  }
  expect(kills).toBe(5);
  expect(beside).toBe(0);
  const { status, text } = await endOf(killer);
  expect(status).toBe(500);
  expect(text).toContain('5 times a worker was lost while it wrote one part of Observation');
  expect(await countOf(other)).toBe(40_000);
  for (const { losses } of await triesOf(exportIdOf(other))) expect(losses).toBeLessThan(3);
  await worker.stop();
}, 180_000);

test('an export whose plan takes its worker down is given up after five', async () => {
  const client = await sluice.database.pool.connect();
  let worker: TestService | undefined;
  try {
    // The plan waits for this writer, and is caught there.
    await client.query('begin; select sluice.begin_write()');
    const url = await begin(base, '/$export?_type=Device');
    const id = exportIdOf(url);
    for (let kills = 0; kills < 5; kills += 1) {
      worker = await sluice.startWorker();
      await waitFor(async () => (await plansBegun(id)) === kills + 1, { what: 'it is planned' });
      await pause(100);
      await worker.kill('SIGKILL');
    }
    worker = await sluice.startWorker();
    const { status, text } = await endOf(url);
    expect(status).toBe(500);
    expect(text).toContain('5 times a worker was lost while it planned the export');
  } finally {
    await client.query('rollback');
    client.release();
    await worker?.stop();
  }
}, 120_000);

/** The attempt at the only part of an export, while a worker works on it. */
async function attemptInHand(id: string): Promise<number | undefined> {
  const rows = await sluice.query<{ attempt: number }>(
    `select attempt from sluice.parts where export_id = $1 and state = 'running' and losses < 5`,
    [id],
  );
  return rows[0]?.attempt;
}

/** Parts that are read beside another one, once each that is in hand has had time to begin. */
async function copiesBeside(): Promise<number> {
  await pause(300);
  return Math.max(0, (await sluice.countCopies()) - 1);
}

async function plansBegun(id: string): Promise<number> {
  const rows = await sluice.query<{ times: number }>(
    'select plans_begun as times from sluice.exports where id = $1',
    [id],
  );
  return rows[0]?.times ?? 0;
}

async function countOf(url: string): Promise<number> {
  const { output } = await finished(url, 120_000);
  return output.reduce((sum, { count }) => sum + count, 0);
}

/** The URL of a role to which Postgres does not give devices. */
async function refusingUrl(): Promise<string> {
  const { pool, serviceUrl } = sluice.database;
  await pool.query(`
    create function public.refuse(type text) returns boolean language plpgsql as $$
    begin
      if type = 'Device' and current_query() ilike '%copy (%' then raise exception 'not today'; end if;
      return true;
    end $$;
    create role ${role} login password 'x';
    grant usage on schema sluice to ${role};
    grant all on all tables in schema sluice to ${role};
    grant all on all sequences in schema sluice to ${role};
    alter table sluice.resources enable row level security;
    create policy refuse on sluice.resources to ${role} using (public.refuse(type));
  `);
  const refusing = new URL(serviceUrl);
  refusing.username = role;
  refusing.password = 'x';
  return refusing.href;
}
