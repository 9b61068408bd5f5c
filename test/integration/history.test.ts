import { randomInt, randomUUID } from 'node:crypto';
import type { KickOff } from '@sluice/export';
import {
  createExport,
  purgeHistory,
  readHistoryKeptSince,
  settle,
  withTransaction,
  type Pool,
} from '@sluice/postgres';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait-for.ts';

/*
 * Purging history, compared with the answers of exports: what was the present at a transactionTime,
 * and what counts as of an _until, has to be the same after a purge as before it.
 */

let database: TestDatabase;
let pool: Pool;
/** Minute 0; versions are stored at minutes after it, all of them long ago. */
let start: number;

beforeEach(async () => {
  database = await createDatabase();
  ({ pool } = database);
  start = Date.now() - 600 * 60_000;
});
afterEach(() => database.drop());

const minute = (n: number): string => new Date(start + n * 60_000).toISOString();
/** A retention that reaches back to between this minute and the one before it. */
const sinceMinute = (n: number): number => Date.now() - start - (n - 0.5) * 60_000;

interface Stored {
  readonly type?: string;
  readonly id: string;
  readonly storedAt: number;
  /** Absent: the present. */
  readonly supersededAt?: number;
  readonly lastUpdated?: number;
  readonly deleted?: boolean;
}

/** Puts a version into the past, which no writer can. */
async function put(version: Stored): Promise<number> {
  const { type = 'Observation', id, storedAt, supersededAt, lastUpdated, deleted } = version;
  await pool.query('select sluice.ensure_partition($1)', [type]);
  const { rows } = await pool.query<{ seq: number }>(
    `insert into sluice.resources (last_updated, stored_at, superseded_at, is_current, deleted, body, type, id, version_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, '1') returning seq::int`,
    [
      minute(lastUpdated ?? storedAt),
      minute(storedAt),
      supersededAt === undefined ? 'infinity' : minute(supersededAt),
      supersededAt === undefined,
      deleted ?? false,
      deleted === true ? '' : `${id} of ${storedAt}`,
      type,
      id,
    ],
  );
  return rows[0]?.seq ?? 0;
}

/** Versions that follow one another, stored at these minutes. */
async function putChain(id: string, minutes: readonly number[], type?: string): Promise<void> {
  for (const [n, storedAt] of minutes.entries()) {
    const supersededAt = minutes[n + 1];
    await put({ id, storedAt, ...(supersededAt && { supersededAt }), ...(type && { type }) });
  }
}

/** An export in a state, of that transactionTime. */
async function putExport(
  at: number,
  kickOff: Partial<KickOff> = {},
  state = 'running',
): Promise<string> {
  const id = randomUUID();
  const given = { level: 'system', request: '', lenient: false, notices: [], ...kickOff };
  await createExport(pool, { id, kickOff: given as unknown as KickOff, subject: 'test' });
  await pool.query(
    `update sluice.exports set transaction_time = $2, settled = true, state = $3 where id = $1`,
    [id, minute(at), state],
  );
  return id;
}

async function end(id: string, state = 'cancelled'): Promise<void> {
  await pool.query('update sluice.exports set state = $2 where id = $1', [id, state]);
}

/** What an export answers: its versions by seq. */
async function answer(at: string, until?: string): Promise<string[]> {
  const newer = `n.type = r.type and n.id = r.id and n.seq > r.seq and n.stored_at <= $1 and n.last_updated <= $2`;
  const { rows } = await pool.query<{ row: string }>(
    until === undefined
      ? `select seq || ' ' || id as row from sluice.resources
          where stored_at <= $1 and superseded_at > $1 order by seq`
      : `select r.seq || ' ' || r.id as row from sluice.resources r
          where r.stored_at <= $1 and r.last_updated <= $2
            and not exists (select from sluice.resources n where ${newer}) order by r.seq`,
    until === undefined ? [at] : [at, until],
  );
  return rows.map(({ row }) => row);
}

async function remaining(): Promise<string[]> {
  const { rows } = await pool.query<{ row: string }>(
    `select case when deleted then id || ' deleted' else body end as row from sluice.resources order by seq`,
  );
  return rows.map(({ row }) => row);
}

describe('purging history', () => {
  test('changes no answer that can still be asked for, whatever the stamps are', async () => {
    let removedInAll = 0;
    for (let round = 0; round < 30; round += 1) {
      await pool.query('truncate sluice.resources, sluice.exports cascade');
      await pool.query(`update sluice.history_kept_since set at = '-infinity'`);
      for (let n = 0; n < 12; n += 1) await putRandomChain(`r${n}`);
      const [since, at, until] = [randomInt(10, 100), randomInt(10, 130), randomInt(10, 130)];
      if (round % 3 !== 0) await putExport(at, round % 3 === 1 ? {} : { until: minute(until) });
      const bounds = [since, ...(round % 3 !== 0 ? [at] : []), ...(round % 3 === 2 ? [until] : [])];
      const oldest = Math.min(...bounds);
      const asked: [string, string | undefined][] = [];
      for (let n = oldest; n <= 140; n += 5) {
        asked.push([minute(n), undefined], [minute(600), minute(n)], [minute(n), minute(oldest)]);
      }
      const before = await Promise.all(asked.map(([t, u]) => answer(t, u)));
      const removed = await purgeHistory(pool, sinceMinute(since), { batch: randomInt(1, 20) });
      removedInAll += removed;
      expect(await Promise.all(asked.map(([t, u]) => answer(t, u)))).toEqual(before);
      expect(await purgeHistory(pool, sinceMinute(since))).toBe(0);
    }
    expect(removedInAll).toBeGreaterThan(200);
  }, 60_000);

  test('leaves what a newer version of an older stamp does not stand for', async () => {
    await put({ id: 'a', storedAt: 1, supersededAt: 10, lastUpdated: 1 });
    await put({ id: 'a', storedAt: 10, lastUpdated: 300 });
    await put({ id: 'b', storedAt: 1, supersededAt: 10, lastUpdated: 300 });
    await put({ id: 'b', storedAt: 10, lastUpdated: 2 });
    await purgeHistory(pool, sinceMinute(100));
    expect(await remaining()).toEqual(['a of 1', 'a of 10', 'b of 10']);
  });

  test('is bounded by the oldest active export and its _until', async () => {
    await putChain('a', [1, 10, 20, 30, 40]);
    const first = await putExport(35);
    const second = await putExport(500, { until: minute(15) });
    await purgeHistory(pool, 0);
    expect(await remaining()).toEqual(['a of 10', 'a of 20', 'a of 30', 'a of 40']);
    await end(second);
    await purgeHistory(pool, 0);
    expect(await remaining()).toEqual(['a of 30', 'a of 40']);
    await end(first);
    await purgeHistory(pool, 0);
    expect(await remaining()).toEqual(['a of 40']);
  });

  test('waits for exports with past versions, and for the Group as it was at _since', async () => {
    await putChain('a', [1, 10, 20]);
    for (const associated of [{ history: true }, { deleted: true }] as const) {
      const id = await putExport(500, { associated });
      expect(await purgeHistory(pool, 0)).toBe(0);
      await end(id);
    }
    await putExport(500, { associated: { provenance: 'latest' } });
    await putExport(500, { since: minute(5) });
    await putExport(500, { level: 'group', groupId: 'g', since: minute(15) });
    expect(await purgeHistory(pool, 0)).toBe(1);
  });

  test('leaves the Binaries of completed exports until their files are gone', async () => {
    await putChain('a', [1, 10, 20]);
    await putChain('b', [1, 10, 20], 'Binary');
    const id = await putExport(15, {}, 'completed');
    await purgeHistory(pool, 0);
    expect((await remaining()).sort()).toEqual(['a of 20', 'b of 10', 'b of 20']);
    await end(id, 'expired');
    expect(await purgeHistory(pool, 0)).toBe(1);
  });

  test('leaves what was the present when the oldest open transaction began', async () => {
    await write(1);
    await untilSeconds(0.1);
    await withTransaction(pool, async (writer) => {
      await writer.query('select 1');
      await write(2);
      await untilSeconds(2);
      expect(await purgeHistory(pool, 0)).toBe(0);
      // The transaction turns out to be a writer, and the export's instant moves back before it.
      await writer.query('select sluice.begin_write()');
      const { rows } = await pool.query<{ now: string }>(
        `select to_json(date_trunc('milliseconds', clock_timestamp()))#>>'{}' as now`,
      );
      const settled = await settle(pool, rows[0]?.now ?? '', 0);
      expect(await answer(settled)).toEqual(['1 w']);
    });
    await untilSeconds(2);
    expect(await purgeHistory(pool, 0)).toBe(1);
  }, 20_000);

  test('takes along what is known of the versions', async () => {
    const old = await put({ type: 'Provenance', id: 'a', storedAt: 1, supersededAt: 2 });
    const present = await put({ type: 'Provenance', id: 'a', storedAt: 2 });
    for (const seq of [old, present]) {
      await pool.query(
        `insert into sluice.resource_patients (type, patient, seq) values ('Provenance', 'p', $1)`,
        [seq],
      );
      await pool.query(
        `insert into sluice.provenance_targets (seq, target_type, target_id) values ($1, 'Patient', 'p')`,
        [seq],
      );
    }
    await purgeHistory(pool, 0);
    const { rows } = await pool.query(
      'select p.seq::int as patients, t.seq::int as targets from sluice.resource_patients p full join sluice.provenance_targets t using (seq)',
    );
    expect(rows).toEqual([{ patients: present, targets: present }]);
  });

  test('removes tombstones of what was made anew, and never the present', async () => {
    await put({ id: 'a', storedAt: 1, supersededAt: 2 });
    await put({ id: 'a', storedAt: 2, supersededAt: 3, deleted: true });
    await put({ id: 'a', storedAt: 3 });
    await put({ id: 'b', storedAt: 1, supersededAt: 2 });
    await put({ id: 'b', storedAt: 2, deleted: true });
    await purgeHistory(pool, 0);
    expect(await remaining()).toEqual(['a of 3', 'b deleted']);
  });

  test('may be done by several at once, in small batches of equal stamps', async () => {
    for (let n = 0; n < 60; n += 1) await putChain(`r${n}`, [1, 2, 3]);
    const purges = Array.from({ length: 4 }, () => purgeHistory(pool, 0, { batch: 7 }));
    const removed = await Promise.all(purges);
    expect(removed.reduce((a, b) => a + b)).toBe(120);
  });
});

describe('since when history is kept', () => {
  test('is told once something may be gone, and never moves back', async () => {
    expect(await readHistoryKeptSince(pool)).toBeUndefined();
    await purgeHistory(pool, sinceMinute(100));
    expect(await readHistoryKeptSince(pool)).toBeUndefined();
    await putChain('a', [1, 2]);
    await purgeHistory(pool, sinceMinute(100));
    const kept = await readHistoryKeptSince(pool);
    expect(Date.parse(kept ?? '')).toBeGreaterThan(Date.parse(minute(99)));
    expect(Date.parse(kept ?? '')).toBeLessThan(Date.parse(minute(100)));
    await putExport(50);
    await purgeHistory(pool, 0);
    expect(await readHistoryKeptSince(pool)).toBe(kept);
  });

  test('is told when a purge that has begun has said so, even the first', async () => {
    const order: string[] = [];
    let reading: Promise<unknown> = Promise.resolve();
    await withTransaction(pool, async (purge) => {
      await purge.query('select from sluice.history_kept_since for update');
      reading = readHistoryKeptSince(pool).then((at) => order.push(String(at)));
      await waitFor(hasWaiter, { timeoutMs: 10_000, what: 'the reader waits' });
      await purge.query(`update sluice.history_kept_since set at = '2026-01-01Z'`);
      order.push('purged');
    });
    await reading;
    expect(order).toEqual(['purged', '2026-01-01T00:00:00.000000Z']);
  });
});

async function hasWaiter(): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rowCount === 1;
}

/** Versions one to six, one minute or more apart, with stamps of their own, of the past and the future. */
async function putRandomChain(id: string): Promise<void> {
  let storedAt = randomInt(0, 60);
  for (let left = randomInt(1, 7); left > 0; left -= 1) {
    const supersededAt = storedAt + randomInt(1, 25);
    const lastUpdated = randomInt(3) === 0 ? storedAt + randomInt(-30, 30) : storedAt;
    const deleted = randomInt(4) === 0;
    await put({ id, storedAt, lastUpdated, deleted, ...(left > 1 && { supersededAt }) });
    storedAt = supersededAt;
  }
}

/** Writes a version of one resource now, as other programs do. */
async function write(n: number): Promise<void> {
  await withTransaction(pool, async (client) => {
    await client.query('select sluice.begin_write()');
    await client.query(
      `insert into staged_resources (line, type, id, deleted, splice, head, patients)
       values (1, 'Observation', 'w', false, 'none', $1, '{}')`,
      [`{"n":${n}}`],
    );
    await client.query('select sluice.merge_staged()');
  });
}

/** Waits until the database's clock has gone on so far. */
async function untilSeconds(seconds: number): Promise<void> {
  const { rows } = await pool.query<{ now: string }>('select clock_timestamp()::text as now');
  await waitFor(
    async () => {
      const { rows: later } = await pool.query<{ passed: boolean }>(
        'select clock_timestamp() > $1::timestamptz + make_interval(secs => $2) as passed',
        [rows[0]?.now, seconds],
      );
      return later[0]?.passed === true;
    },
    { timeoutMs: 15_000, what: `${seconds} s have passed` },
  );
}
