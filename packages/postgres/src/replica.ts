import { setTimeout as wait } from 'node:timers/promises';
import type { Pool, Queryable } from './pool.ts';

/** The read replica is no replica of the primary: what it holds has nothing to do with it. */
export class WrongReplicaError extends Error {
  readonly code = 'wrong-replica';
}

/**
 * Makes sure that both are the same cluster (one system identifier) and the same database.
 *
 * @throws WrongReplicaError when they are not; or whatever the connection throws
 */
export async function checkReplica(primary: Queryable, replica: Queryable): Promise<void> {
  const [one, other] = await Promise.all([identify(primary), identify(replica)]);
  if (one === other) return;
  throw new WrongReplicaError(
    `DATABASE_READ_URL is ${other}, DATABASE_URL is ${one}; accepted: a replica of the same database`,
  );
}

async function identify(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ name: string }>(
    `select 'database ' || current_database() || ' of system ' || system_identifier as name
       from pg_control_system()`,
  );
  return rows[0]?.name ?? '';
}

/**
 * Notes that a planned export may be read by whoever has replayed all that was written so far: its
 * members, and everything up to its transactionTime. To be called once the plan is committed.
 */
export async function noteReadable(primary: Queryable, exportId: string): Promise<void> {
  await primary.query(
    'update sluice.exports set readable_at = pg_current_wal_insert_lsn() where id = $1',
    [exportId],
  );
}

/**
 * Waits until a replica has replayed up to `lsn`.
 *
 * @returns false when it has not within `limitMs`
 */
export async function untilReplayed(replica: Pool, lsn: string, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    const { rows } = await replica.query<{ replayed: boolean | null }>(
      `select not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= $1::pg_lsn as replayed`,
      [lsn],
    );
    if (rows[0]?.replayed) return true;
    if (Date.now() + pauseMs > end) return false;
    await wait(pauseMs);
  }
}
