import type { AuditEvent, ExportSummary, KickOff } from '@sluice/export';
import { activeStates, statesBefore } from '@sluice/export';
import type { Issue } from '@sluice/fhir';
import { summaryColumns, toExport, type SummaryRow } from './export-rows.ts';
import type { Pool, Queryable } from './pool.ts';
import { sqlState } from './sql-state.ts';
import { retryConflicts } from './transaction.ts';

/** Another export is active in the slot, whatever Redis says. */
export class SlotTakenError extends Error {
  readonly code = 'slot-taken';
  readonly slot: string;

  constructor(slot: string, cause: unknown) {
    super(`An export is active in slot ${slot}.`, { cause });
    this.name = 'SlotTakenError';
    this.slot = slot;
  }
}

/** What a new export is made of. */
export interface NewExport {
  /** A random uuid: the status URL must not be guessable. */
  readonly id: string;
  readonly kickOff: KickOff;
  readonly subject: string;
  readonly client?: string | undefined;
  /** Which of the clients that had this id one after the other, where they are registered here. */
  readonly clientGeneration?: string | undefined;
  /** How many slots that client has, if it has a number of its own. */
  readonly slots?: number | undefined;
  /** For the record: where it was asked for, and by which request. */
  readonly address?: string | undefined;
  readonly requestId?: string | undefined;
  /** Absent: it waits for a slot (ON_BUSY=queue). */
  readonly slot?: string;
}

/**
 * Stores an accepted export and fixes its transactionTime: the database's clock, rounded up to the
 * ms that the manifest can say, so that what was committed before the kick-off is in. Where that clock is
 * behind what was settled before, the next ms after it.
 *
 * @throws SlotTakenError when the slot has an active export
 */
export async function createExport(db: Queryable, given: NewExport): Promise<ExportSummary> {
  const { patients, ...kickOff } = given.kickOff;
  try {
    const { rows } = await db.query<SummaryRow>(
      `with created as (
         insert into sluice.exports (id, kick_off, subject, slot, client, slots, client_generation, folder, requested_at, transaction_time)
         select $1::uuid, $2::jsonb, $3, $4, $5, $6::int, $10::uuid,
                to_char(now at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') || '_' || $1::uuid,
                now, date_trunc('milliseconds', greatest(now, stamps_after)) + interval '1 millisecond'
           from clock_timestamp() as now, sluice.settled_time
         returning *
       ), listed as (
         insert into sluice.export_patients (export_id, patient)
         select $1::uuid, patient from unnest($9::text[]) as patient
       ), recorded as (
         insert into sluice.audit_events (action, succeeded, subject, client, address, request_id, export_id, detail)
         select 'kick-off', true, subject, client, $7, $8, id, jsonb_strip_nulls(jsonb_build_object(
                  'level', kick_off -> 'level', 'group', kick_off -> 'groupId', 'types', kick_off -> 'types',
                  'since', kick_off -> 'since', 'patients', cardinality($9::text[])))
           from created
       )
       select ${summaryColumns} from created`,
      [
        given.id,
        JSON.stringify(patients === undefined ? kickOff : { ...kickOff, hasPatients: true }),
        given.subject,
        given.slot ?? null,
        given.client ?? null,
        given.slots ?? null,
        given.address ?? null,
        given.requestId ?? null,
        patients ?? null,
        given.clientGeneration ?? null,
      ],
    );
    return onlyExport(rows);
  } catch (error) {
    if (given.slot !== undefined && sqlState(error) === '23505') {
      throw new SlotTakenError(given.slot, error);
    }
    throw error;
  }
}

/** The export of that id, in whatever state; `undefined` when there is none or the id is no uuid. */
export async function findExport(db: Queryable, id: string): Promise<ExportSummary | undefined> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return undefined;
  const { rows } = await db.query<SummaryRow>(
    `select ${summaryColumns} from sluice.exports where id = $1::uuid`,
    [id],
  );
  return rows[0] && toExport(rows[0]);
}

/** The active export that holds a slot. */
export async function findActiveExport(
  db: Queryable,
  slot: string,
): Promise<ExportSummary | undefined> {
  const { rows } = await db.query<SummaryRow>(
    `select ${summaryColumns} from sluice.exports where slot = $1 and state = any($2::text[])`,
    [slot, activeStates],
  );
  return rows[0] && toExport(rows[0]);
}

/** Every export in an active state, oldest kick-off first. */
export async function listActiveExports(db: Queryable): Promise<ExportSummary[]> {
  const { rows } = await db.query<SummaryRow>(
    `select ${summaryColumns} from sluice.exports
      where state in ('accepted','planning','running') order by requested_at`,
  );
  return rows.map((row) => toExport(row));
}

/** The newest exports in any state, newest kick-off first. */
export async function listExports(db: Queryable, limit = 100): Promise<ExportSummary[]> {
  const { rows } = await db.query<SummaryRow>(
    `select ${summaryColumns} from sluice.exports order by requested_at desc limit $1`,
    [limit],
  );
  return rows.map((row) => toExport(row));
}

/** The newest exports of a subject or of a client, in one generation if it has any, newest kick-off first. */
export async function listExportsOf(
  db: Queryable,
  by: 'subject' | 'client',
  name: string,
  generation?: string,
  limit = 100,
): Promise<ExportSummary[]> {
  const { rows } = await db.query<SummaryRow>(
    `select ${summaryColumns} from sluice.exports
      where ${by} = $1 and client_generation is not distinct from $2::uuid
      order by requested_at desc limit $3`,
    [name, generation ?? null, limit],
  );
  return rows.map((row) => toExport(row));
}

/** Exports that were accepted without a slot and wait for one. */
export async function countWaitingExports(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select count(*)::int as n from sluice.exports where state = 'accepted' and slot is null`,
  );
  return rows[0]?.n ?? 0;
}

/** Gives a waiting export its slot; false when it waits no longer. @throws SlotTakenError */
export async function grantSlot(db: Queryable, id: string, slot: string): Promise<boolean> {
  try {
    const { rowCount } = await db.query(
      `update sluice.exports set slot = $2, progressed_at = clock_timestamp()
        where id = $1 and state = 'accepted' and slot is null`,
      [id, slot],
    );
    return rowCount === 1;
  } catch (error) {
    if (sqlState(error) === '23505') throw new SlotTakenError(slot, error);
    throw error;
  }
}

/**
 * Cancels an export, active or over, if its state allows it, and records who did.
 *
 * @returns the export as it was, or `undefined` when there was nothing to cancel
 */
export async function cancelExport(
  pool: Pool,
  id: string,
  by: Pick<AuditEvent, 'subject' | 'client' | 'address' | 'requestId'> = {},
): Promise<ExportSummary | undefined> {
  const before = await findExport(pool, id);
  if (!before) return undefined;
  const text = `with cancelled as (
       update sluice.exports set state = 'cancelled', ended_at = clock_timestamp()
        where id = $1 and state = any($2::text[])
       returning id
     )
     insert into sluice.audit_events (action, succeeded, subject, client, address, request_id, export_id)
     select 'cancel', true, $3, $4, $5, $6, id from cancelled`;
  const values = [
    id,
    statesBefore('cancelled'),
    by.subject ?? null,
    by.client ?? null,
    by.address ?? null,
    by.requestId ?? null,
  ];
  const { rowCount } = await retryConflicts(() => pool.query(text, values));
  return rowCount === 1 ? before : undefined;
}

/** Fails an active export with its cause; false when it was not active any more. */
export async function failExport(db: Queryable, id: string, failure: Issue): Promise<boolean> {
  const { rowCount } = await db.query(
    `update sluice.exports set state = 'failed', failure = $3::jsonb, ended_at = clock_timestamp()
      where id = $1 and state = any($2::text[])`,
    [id, statesBefore('failed'), JSON.stringify(failure)],
  );
  return rowCount === 1;
}

/** Puts off the expiry of a completed export that is being downloaded (at most once a minute). */
export async function extendExpiry(db: Queryable, id: string, retentionMs: number): Promise<void> {
  await db.query(
    `update sluice.exports
        set expires_at = clock_timestamp() + make_interval(secs => $2 / 1000.0)
      where id = $1 and state = 'completed'
        and expires_at < clock_timestamp() + make_interval(secs => $2 / 1000.0) - least(interval '1 minute', make_interval(secs => $2 / 10000.0))`,
    [id, retentionMs],
  );
}

/** transactionTime of the newest completed export: what a `_since` run would start from. */
export async function newestTransactionTime(db: Queryable): Promise<string | undefined> {
  const { rows } = await db.query<{ newest: string | null }>(
    `select to_char(max(transaction_time) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as newest
       from sluice.exports where state in ('completed','expired')`,
  );
  return rows[0]?.newest ?? undefined;
}

function onlyExport(rows: readonly SummaryRow[]): ExportSummary {
  if (!rows[0]) throw new Error('the insert returned nothing');
  return toExport(rows[0]);
}
