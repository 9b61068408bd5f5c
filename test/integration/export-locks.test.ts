import { randomInt, randomUUID } from 'node:crypto';
import { rangeEnd, type KickOff } from '@sluice/export';
import {
  beginPlanning,
  cancelExport,
  claimParts,
  completeParts,
  createExport,
  createPool,
  extendExpiry,
  failPartAndExport,
  findExport,
  finishExport,
  handBackParts,
  markExpired,
  noteSelected,
  renewLeases,
  settle,
  settleExport,
  storePlan,
  touchExport,
  withTransaction,
  type ClaimedPart,
  type Lease,
  type PartResult,
  type Pool,
} from '@sluice/postgres';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait-for.ts';

/*
 * Everything that locks an export or its parts, all of it at once and by the thousand: nothing waits
 * in a circle. And what does lose against another transaction is run again.
 */

const rounds = 40;
const partsEach = 60;
const workers = 16;
const leaseMs = 60_000;

let database: TestDatabase;

beforeAll(async () => (database = await createDatabase()), 60_000);

afterAll(async () => await database.drop());

test(`${rounds} exports of ${partsEach} parts end without a deadlock, while everything that locks them runs at once`, async () => {
  const ends = { completed: 0, cancelled: 0, failed: 0 };
  const pool = createPool(database.url, { max: workers + 8 });
  try {
    for (let round = 0; round < rounds; round += 1) {
      const id = await planned(pool, partsEach);
      const over = new AbortController();
      const beside = [renew, renew, refer, touch].map((run) => run(pool, id, over.signal));
      const all = [
        ...Array.from({ length: workers }, () => work(pool, id)),
        ...(round % 2 === 0 ? [cancelSoon(pool, id)] : []),
      ];
      await Promise.all(all).finally(() => over.abort());
      await Promise.all(beside);
      const state = (await findExport(pool, id))?.state;
      if (state === 'completed' || state === 'cancelled' || state === 'failed') ends[state] += 1;
      await Promise.all([markExpired(pool, id), markExpired(pool, id)]);
    }
  } finally {
    // A connection counts its deadlocks at the latest when it ends.
    await pool.end();
  }
  const { rows } = await database.pool.query<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: '0' }]);
  expect(ends.completed + ends.cancelled + ends.failed).toBe(rounds);
  expect(Math.min(ends.completed, ends.cancelled)).toBeGreaterThan(0);
}, 240_000);

test('a completion that loses by a deadlock is run again', async () => {
  const id = await planned(database.pool, 2);
  const { parts } = await claimParts(database.pool, id, [1, 2], { leaseMs, suspects: true });
  let completing: ReturnType<typeof completeParts> | undefined;
  await withTransaction(database.pool, async (other) => {
    // The completion is the one that finds out, and so the one that loses.
    await other.query(`set local deadlock_timeout = '1h'`);
    await other.query('select from sluice.parts where export_id = $1 and number = 2 for update', [
      id,
    ]);
    completing = completeParts(database.pool, id, parts.map(resultOf));
    await waitFor(() => waits(), { what: 'the completion waits for the part' });
    await other.query('select from sluice.exports where id = $1 for update', [id]);
  });
  expect(await completing).toEqual({ completed: [1, 2], last: true, stageOver: true });
}, 60_000);

async function waits(): Promise<boolean> {
  const { rowCount } = await database.pool.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rowCount === 1;
}

/** A running export of that many parts. */
async function planned(pool: Pool, count: number): Promise<string> {
  const id = randomUUID();
  const kickOff = { level: 'system', request: '', lenient: false, notices: [] };
  await createExport(pool, { id, kickOff: kickOff as unknown as KickOff, subject: 's', slot: id });
  const begun = (await beginPlanning(pool, id))?.begun;
  const at = await settle(pool, begun?.transactionTime ?? '', 0);
  const settled = await settleExport(pool, id, at);
  if (!settled) throw new Error(`${id} is not being planned`);
  const parts = Array.from({ length: count }, (_, i) => ({
    number: i + 1,
    kind: 'output' as const,
    type: 'Patient',
    access: 'range' as const,
    rangeFrom: i,
    rangeTo: i + 1 < count ? i + 1 : rangeEnd,
    stage: 1,
    attachments: false,
    effort: 1,
  }));
  const plan = { parts, resourcesEstimated: count, notices: [] };
  await withTransaction(pool, (client) => storePlan(client, settled, plan));
  return id;
}

/** A worker: claims parts, then completes them, hands them back or fails, until the export is over. */
async function work(pool: Pool, id: string): Promise<void> {
  do {
    const numbers = Array.from({ length: 8 }, () => randomInt(1, partsEach + 1));
    const { parts } = await claimParts(pool, id, [...new Set(numbers)], {
      leaseMs,
      suspects: true,
    });
    const [first] = parts;
    if (!first) continue;
    const dice = randomInt(100);
    if (dice === 0) {
      await failPartAndExport(pool, first, { severity: 'error', code: 'exception', text: '' });
    } else if (dice < 30) {
      await handBackParts(pool, parts.toReversed());
    } else {
      const { last } = await completeParts(pool, id, parts.toReversed().map(resultOf));
      if (last) await finishExport(pool, id, 60_000);
    }
  } while ((await findExport(pool, id))?.state === 'running');
}

function resultOf(lease: ClaimedPart): PartResult {
  const name = `${lease.number}.ndjson`;
  const file = { kind: 'output', type: 'Patient', name, count: 1, bytes: 1, sha256: '' } as const;
  return { lease, resources: 1, leftOut: 0, bytes: 1, files: [file] };
}

async function renew(pool: Pool, id: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { rows } = await pool.query<Lease>(
      `select export_id as "exportId", number, attempt from sluice.parts
        where export_id = $1 and state = 'running' order by random()`,
      [id],
    );
    await renewLeases(
      pool,
      rows.map((lease) => ({ ...lease, moved: randomInt(2) === 0 })),
      leaseMs,
    );
  }
}

async function refer(pool: Pool, id: string, signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n += 1) await noteSelected(pool, id, 'Location', [`l${n}`]);
}

async function touch(pool: Pool, id: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await touchExport(pool, id);
    await extendExpiry(pool, id, 30_000);
  }
}

async function cancelSoon(pool: Pool, id: string): Promise<void> {
  for (let n = randomInt(60); n > 0; n -= 1) await findExport(pool, id);
  await cancelExport(pool, id);
}
