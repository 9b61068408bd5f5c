import type { Pool, Queryable } from './pool.ts';
import { withTransaction } from './transaction.ts';

/** How history is purged. */
export interface PurgeOptions {
  /** Versions removed in one transaction; 10,000 unless given. */
  readonly batch?: number;
}

/**
 * Removes versions that were superseded longer ago than `retentionMs` and that no answer needs, in
 * transactions of bounded size. Safe at any time, and several at once. What is needed:
 *
 * - by an active export: what was the present at its transactionTime, or counts as of its `_until`;
 *   for a Group with `_since` the Group as it was then; with `_history` or `_deleted` all there is;
 * - by exports to come: what was the present when the oldest open transaction began, since their
 *   transactionTime may move back to just before it;
 * - as of any instant that can still be asked for: of each resource the newest version whose
 *   last_updated is not after it, however long ago it was superseded;
 * - by a completed export: the Binaries of its attachments, as of its transactionTime.
 *
 * @returns how many versions were removed
 */
export async function purgeHistory(
  pool: Pool,
  retentionMs: number,
  { batch = 10_000 }: PurgeOptions = {},
): Promise<number> {
  let removed = 0;
  for (const leaf of await listHistory(pool)) {
    for (let last: Removed = { count: batch, upTo: '-infinity' }; last.count === batch;) {
      const from = last.upTo;
      last = await withTransaction(pool, async (client) => {
        const cutoff = await decideCutoff(client, leaf.type, retentionMs);
        return await removeBatch(client, leaf, { cutoff, from, batch });
      });
      removed += last.count;
    }
  }
  return removed;
}

/**
 * The instant since which history is complete: every version that was superseded after it is there.
 * `undefined`: all versions are. Waits for a purge in the middle of a batch, so that the answer holds
 * for an export whose row is committed before it is asked: what that export needs stays from then on.
 * So an `_until` is to be compared at the kick-off, to refuse it, and once more when planning.
 */
export async function readHistoryKeptSince(db: Queryable): Promise<string | undefined> {
  const { rows } = await db.query<{ at: string | null }>(
    `select case when at > '-infinity' then sluice.instant(at) end as at
       from sluice.history_kept_since for share`,
  );
  return rows[0]?.at ?? undefined;
}

/** Where past versions of a type are. */
interface Leaf {
  readonly type: string;
  /** Table, as it is written in SQL. */
  readonly table: string;
}

/** Named one by one: a lock on `sluice.resources` itself is what tells exports of a writer. */
async function listHistory(db: Queryable): Promise<Leaf[]> {
  const { rows } = await db.query<Leaf>(
    `select substring(pg_get_expr(c.relpartbound, c.oid) from $$'([A-Za-z]+)'$$) as type,
            h.inhrelid::regclass::text as "table"
       from pg_inherits i
       join pg_class c on c.oid = i.inhrelid
       join pg_inherits h on h.inhparent = c.oid
       join pg_class l on l.oid = h.inhrelid and l.relname like '%\\_history'
      where i.inhparent = 'sluice.resources'::regclass
      order by 1`,
  );
  return rows;
}

/**
 * The instant before which superseded versions of a type may go, and notes that from now on history
 * is known since then only. Holds the note until the batch is committed; the exports are looked at
 * after that lock is had, so none that has asked in between is missed.
 */
async function decideCutoff(db: Queryable, type: string, retentionMs: number): Promise<string> {
  await db.query('select from sluice.history_kept_since for update');
  const { rows } = await db.query<{ cutoff: string; cutoff_of_binaries: string }>(
    `with instants as materialized (
       select least(clock_timestamp() - make_interval(secs => $1 / 1000.0),
                    -- What began within this second may not be seen yet.
                    least(clock_timestamp(),
                          (select min(a.xact_start) from pg_stat_activity a
                            where a.datname = current_database() and a.pid <> pg_backend_pid()
                              and a.backend_type <> 'autovacuum worker')) - interval '1 second',
                    (select min(least(e.transaction_time,
                                      (e.kick_off ->> 'until')::timestamptz,
                                      case when e.kick_off ->> 'groupId' is not null
                                           then (e.kick_off ->> 'since')::timestamptz end,
                                      case when e.kick_off -> 'associated' ?| array['history', 'deleted']
                                           then '-infinity'::timestamptz end))
                       from sluice.exports e where e.state in ('accepted','planning','running'))) as cutoff,
              (select min(least(e.transaction_time, (e.kick_off ->> 'until')::timestamptz))
                 from sluice.exports e where e.state = 'completed') as completed
     )
     update sluice.history_kept_since k
        set at = greatest(k.at, i.cutoff)
       from instants i
     returning i.cutoff::text as cutoff, least(i.cutoff, i.completed)::text as cutoff_of_binaries`,
    [retentionMs],
  );
  const row = rows[0];
  if (!row) throw new Error('sluice.history_kept_since has no row');
  return type === 'Binary' ? row.cutoff_of_binaries : row.cutoff;
}

/** What a batch removed; the next one begins where it ended. */
interface Removed {
  readonly count: number;
  readonly upTo: string;
}

/**
 * Removes the versions that were superseded first. A version goes only when a newer one counts for
 * every instant from the cutoff on, by its last_updated; that one may go as well, when the same is
 * true of it.
 */
async function removeBatch(
  db: Queryable,
  { type, table }: Leaf,
  { cutoff, from, batch }: { cutoff: string; from: string; batch: number },
): Promise<Removed> {
  const { rows } = await db.query<Removed>(
    `with gone as (
       delete from ${table} r
        where r.ctid = any (array(
          select h.ctid from ${table} h
           where h.superseded_at >= $2::timestamptz and h.superseded_at <= $1::timestamptz
             -- A subquery and no join: versions are looked up by id, however many there are.
             and (select true from sluice.resources n
                   where n.type = '${type}' and n.id = h.id and n.seq > h.seq
                     and n.stored_at <= $1::timestamptz and n.last_updated <= $1::timestamptz
                   limit 1)
           order by h.superseded_at
           limit $3))
       returning r.seq, r.superseded_at
     ), patients as (
       delete from sluice.resource_patients p using gone where p.seq = gone.seq
     ), targets as (
       delete from sluice.provenance_targets t using gone where t.seq = gone.seq
     ), identifiers as (
       delete from sluice.resource_identifiers i using gone where i.seq = gone.seq
     )
     select count(*)::int as count, coalesce(max(superseded_at), 'infinity')::text as "upTo" from gone`,
    [cutoff, from, batch],
  );
  return rows[0] ?? { count: 0, upTo: from };
}
