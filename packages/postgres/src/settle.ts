import { setTimeout as wait } from 'node:timers/promises';
import type { Pool } from './pool.ts';

/** A transaction that was seen holding the write lock of the store. */
interface Writer {
  readonly id: string;
  /** µs since 1970 as text, or null when its start cannot be seen (other role, prepared). */
  readonly beganMicros: string | null;
}

/** Settling is impossible: a writer has not ended, and when it began cannot be seen. */
export class UnsettledError extends Error {
  readonly code = 'unsettled';
}

/** The database's clock passes T within a millisecond, unless it has stepped back. */
const clockPatienceMs = 5000;

/**
 * Settles an instant T: returns an instant, T or earlier, of which the invariant holds from now on.
 *
 * **Invariant.** Everything stored at or before a settled instant is committed, and nothing will ever be
 * stored at or before it again. So every settled instant stays good for reading, and of two the newer
 * one is the better: `settleExport` takes the newest, and a transactionTime never falls.
 *
 * Why it holds. A writer takes the lock on sluice.resources first and its stamp afterwards, later than
 * `stamps_after` and never before its transaction began (begin_write). Here `stamps_after` is raised to T
 * first, and then the lock is looked at. So a transaction that is not seen holding it has ended,
 * or will stamp later than T, however long ago it began. Those that are seen are waited for, as CREATE
 * INDEX CONCURRENTLY does. If one is still there after `timeoutMs`, T moves back to the ms before the
 * oldest of them began: all that it writes is later than that.
 *
 * A writer at REPEATABLE READ may read an older `stamps_after`. For such writers alone the invariant supposes that
 * the database's clock does not step back.
 *
 * @param at T as instant text, ms precision
 * @param onWait called before each wait, so that the caller shows it is alive; may throw to give up
 * @throws UnsettledError when T would have to move back but a writer's start is hidden
 */
export async function settle(
  pool: Pool,
  at: string,
  timeoutMs: number,
  onWait: () => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  await untilPassed(pool, at, Date.now() + clockPatienceMs);
  await pool.query(
    `update sluice.settled_time set stamps_after = $1::timestamptz where stamps_after < $1::timestamptz`,
    [at],
  );
  const deadline = Date.now() + timeoutMs;
  let remaining = await readWriters(pool, at);
  for (
    let pauseMs = 5;
    remaining.length > 0 && Date.now() < deadline;
    pauseMs = Math.min(pauseMs * 2, 250)
  ) {
    await onWait();
    await wait(Math.min(pauseMs, Math.max(deadline - Date.now(), 0)));
    const still = new Set((await readWriters(pool, at)).map((writer) => writer.id));
    remaining = remaining.filter((writer) => still.has(writer.id));
  }
  return remaining.length === 0 ? at : justBefore(remaining);
}

async function untilPassed(pool: Pool, at: string, deadline: number): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ ahead: number }>(
      `select (extract(epoch from $1::timestamptz - clock_timestamp()) * 1000)::float8 as ahead`,
      [at],
    );
    const ahead = rows[0]?.ahead ?? 0;
    const left = deadline - Date.now();
    if (ahead < 0 || left <= 0) return;
    await wait(Math.min(Math.ceil(ahead) + 1, left));
  }
}

/** Transactions holding the write lock that may have stamped at or before `at`. */
async function readWriters(pool: Pool, at: string): Promise<Writer[]> {
  const { rows } = await pool.query<{ id: string; began: string | null }>(
    `select l.virtualtransaction || coalesce(':' || a.xact_start::text, '') as id,
            (extract(epoch from a.xact_start) * 1000000)::bigint::text as began
       from pg_locks l
       left join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'relation'
        and l.database = (select oid from pg_database where datname = current_database())
        and l.relation = 'sluice.resources'::regclass
        and l.mode = 'RowExclusiveLock'
        and l.granted
        and coalesce(a.xact_start <= $1::timestamptz, true)`,
    [at],
  );
  return rows.map((row) => ({ id: row.id, beganMicros: row.began }));
}

function justBefore(writers: readonly Writer[]): string {
  const began = writers.map((writer) => {
    if (writer.beganMicros === null) {
      throw new UnsettledError(
        'A transaction that writes to sluice.resources has not ended within SETTLE_TIMEOUT, and its start is hidden from this role: end it (look for prepared transactions), or grant pg_read_all_stats.',
      );
    }
    return BigInt(writer.beganMicros);
  });
  const oldest = began.reduce((a, b) => (a < b ? a : b));
  return new Date(Number((oldest - 1n) / 1000n)).toISOString();
}
