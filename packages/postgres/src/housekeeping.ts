import { statesBefore, type ExportSummary } from '@sluice/export';
import { recordExpiry } from './audit-events.ts';
import { stageHasCome } from './claim-parts.ts';
import { summaryColumns, toExport, type SummaryRow } from './export-rows.ts';
import type { Pool, Queryable } from './pool.ts';
import { retryConflicts, withTransaction } from './transaction.ts';

/** A part that nobody holds and that can be claimed. */
export interface OpenPart {
  readonly exportId: string;
  readonly number: number;
  /** About how much work it is, in resources of common size. */
  readonly effort: number;
}

/** Work that Postgres knows of; Redis may have lost it. */
export interface OpenWork {
  /** Exports that hold a slot and are not planned yet. */
  readonly plans: string[];
  readonly parts: OpenPart[];
  /** Running exports whose parts are all completed. */
  readonly finishes: string[];
}

/** Everything that should be in the queue now. */
export async function findOpenWork(db: Queryable): Promise<OpenWork> {
  const plans = await db.query<{ id: string }>(
    `select id from sluice.exports where state in ('accepted','planning') and slot is not null`,
  );
  const finishes = await db.query<{ id: string }>(
    `select id from sluice.exports where state = 'running' and parts_completed = parts_total`,
  );
  return {
    plans: plans.rows.map((row) => row.id),
    parts: await findOpenParts(db),
    finishes: finishes.rows.map((row) => row.id),
  };
}

/** The parts that can be claimed now, of one export or of all. */
export async function findOpenParts(db: Queryable, exportId?: string): Promise<OpenPart[]> {
  const { rows } = await db.query<OpenPart>(
    `select p.export_id as "exportId", p.number, p.expected::float8 as effort
       from sluice.exports e join sluice.parts p on p.export_id = e.id
      where e.state = 'running' and e.id = coalesce($1::uuid, e.id)
        and (p.state = 'queued' or (p.state = 'running' and p.lease_until < clock_timestamp()))
        and ${stageHasCome}
      order by e.requested_at, p.number`,
    [exportId ?? null],
  );
  return rows;
}

/**
 * Notes that housekeeping runs. After a pause (no worker, no database) the time without progress
 * counts anew: nobody could have made any.
 */
export async function noteHousekeeping(db: Queryable, pauseMs: number): Promise<void> {
  await db.query(
    `update sluice.housekeeping
        set alive_since = case when ran_at < clock_timestamp() - make_interval(secs => $1 / 1000.0)
                               then clock_timestamp() else alive_since end,
            ran_at = clock_timestamp()`,
    [pauseMs],
  );
}

/**
 * Active exports without progress for `stuckAfterMs` while housekeeping was running: nothing was
 * planned, written or completed. Not stuck are those that wait for a slot, and those whose parts
 * all wait while workers are busy with other exports.
 */
export async function findStuckExports(
  db: Queryable,
  stuckAfterMs: number,
): Promise<ExportSummary[]> {
  const { rows } = await db.query<SummaryRow>(
    `select ${summaryColumns} from sluice.exports e
      where state in ('accepted','planning','running') and slot is not null
        and greatest(progressed_at, (select alive_since from sluice.housekeeping))
            < clock_timestamp() - make_interval(secs => $1 / 1000.0)
        and not (
          not exists (select from sluice.parts p where p.export_id = e.id and p.state = 'running')
          and exists (select from sluice.parts p join sluice.exports o on o.id = p.export_id
                       where o.id <> e.id and o.state = 'running'
                         and p.state = 'running' and p.lease_until > clock_timestamp()))`,
    [stuckAfterMs],
  );
  return rows.map((row) => toExport(row));
}

/** Expires exports that are over: completed ones past their expiry, others at once. */
export async function expireExports(db: Queryable): Promise<ExportSummary[]> {
  const { rows } = await db.query<SummaryRow>(
    `select ${summaryColumns} from sluice.exports
      where (state = 'completed' and expires_at < clock_timestamp()) or state = 'cancelled'
         or (state = 'failed' and ended_at < clock_timestamp() - interval '7 days')
      order by requested_at limit 100`,
  );
  return rows.map((row) => toExport(row));
}

/** Enters `expired`, once the files are gone; drops what only a living export needs. */
export async function markExpired(pool: Pool, id: string): Promise<boolean> {
  return await retryConflicts(() => withTransaction(pool, (client) => expireRows(client, id)));
}

/** What only an export with files needs. */
const ofExport = [
  'parts',
  'export_members',
  'export_patients',
  'export_notices',
  'export_resolutions',
  'export_selected',
  'export_supporting',
] as const;

async function expireRows(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update sluice.exports set state = 'expired', ended_at = coalesce(ended_at, clock_timestamp())
      where id = $1 and state = any($2::text[])
        and (state <> 'completed' or expires_at < clock_timestamp())`,
    [id, statesBefore('expired')],
  );
  if (rowCount !== 1) return false;
  await db.query(recordExpiry, [id]);
  await db.query('select from sluice.parts where export_id = $1 order by number for update', [id]);
  for (const table of ofExport) {
    await db.query(`delete from sluice.${table} where export_id = $1`, [id]);
  }
  return true;
}

/** Of these folders, the ones that no export with files or future files owns. */
export async function findOrphanFolders(
  db: Queryable,
  folders: readonly string[],
): Promise<string[]> {
  const { rows } = await db.query<{ folder: string }>(
    `select f.folder from unnest($1::text[]) as f(folder)
      where not exists (
        select from sluice.exports e
         where e.folder = f.folder and e.state in ('accepted','planning','running','completed'))`,
    [folders],
  );
  return rows.map((row) => row.folder);
}

/** Exports that wait for a slot, longest waiting first. */
export async function listWaitingExports(db: Queryable): Promise<ExportSummary[]> {
  const { rows } = await db.query<SummaryRow>(
    `select ${summaryColumns} from sluice.exports
      where state = 'accepted' and slot is null order by requested_at limit 1000`,
  );
  return rows.map((row) => toExport(row));
}
