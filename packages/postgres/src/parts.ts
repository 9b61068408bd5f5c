import type { Export, OutputFile, OutputKind } from '@sluice/export';
import { partStatesBefore } from '@sluice/export';
import type { Issue } from '@sluice/fhir';
import { columnsOf, toExport, type ExportRow } from './export-rows.ts';
import { failExport } from './exports.ts';
import type { Pool, Queryable } from './pool.ts';
import { withTransaction } from './transaction.ts';

/**
 * How a part finds its rows: `range`: seq in [from, to); `changes`: last_updated in [from, to), in µs
 * since 1970, the first and the last range open; `members`: primary patient among the
 * members with ordinal in [from, to); `shared`: rows whose primary patient is no member, but another
 * of their patients is; `notices`: the export's notices.
 */
export type PartAccess = 'range' | 'changes' | 'members' | 'shared' | 'notices';

/** The unit of work and of retry, as the plan makes it. */
export interface PlannedPart {
  readonly number: number;
  readonly kind: OutputKind;
  /** Resource type it reads. */
  readonly type: string;
  readonly access: PartAccess;
  readonly rangeFrom: number;
  readonly rangeTo: number;
}

/** A part in the hands of a worker; `attempt` is the fencing token of everything it writes. */
export interface ClaimedPart extends PlannedPart {
  readonly exportId: string;
  readonly attempt: number;
  /** How far a replica must have replayed to be read from (an LSN); absent: it must not be. */
  readonly readableAt?: string;
}

/** What became of a claim. */
export type Claim =
  | { readonly outcome: 'claimed'; readonly part: ClaimedPart; readonly of: Export }
  /** Another worker holds it for up to `waitMs` more. */
  | { readonly outcome: 'held'; readonly waitMs: number }
  /** It is completed, or its export runs no more. */
  | { readonly outcome: 'over' };

interface ClaimRow extends ExportRow {
  number: number;
  kind: OutputKind;
  type: string;
  access: PartAccess;
  range_from: string;
  range_to: string;
  attempt: number;
  readable_at: string | null;
}

/** Claims a part: queued, or running with a lapsed lease, and its export is running. */
export async function claimPart(
  db: Queryable,
  exportId: string,
  number: number,
  leaseMs: number,
): Promise<Claim> {
  const { rows } = await db.query<ClaimRow>(
    `with claimed as (
       update sluice.parts p
          set state = 'running', attempt = p.attempt + 1,
              lease_until = clock_timestamp() + make_interval(secs => $3 / 1000.0)
        where p.export_id = $1 and p.number = $2
          and (p.state = any($4::text[]) or (p.state = 'running' and p.lease_until < clock_timestamp()))
          and exists (select from sluice.exports e where e.id = p.export_id and e.state = 'running')
       returning export_id, number, kind, type, access, range_from, range_to, attempt
     )
     select c.*, e.readable_at::text as readable_at, ${columnsOf('e')} from claimed c join sluice.exports e on e.id = c.export_id`,
    [exportId, number, leaseMs, partStatesBefore('running')],
  );
  const row = rows[0];
  if (row) {
    const { kind, type, access, attempt } = row;
    const range = { rangeFrom: Number(row.range_from), rangeTo: Number(row.range_to) };
    const readable = row.readable_at === null ? {} : { readableAt: row.readable_at };
    const part = { exportId, number, kind, type, access, attempt, ...range, ...readable };
    return { outcome: 'claimed', part, of: toExport(row) };
  }
  const held = await db.query<{ wait_ms: number }>(
    `select greatest(extract(epoch from p.lease_until - clock_timestamp()) * 1000, 0)::int as wait_ms
       from sluice.parts p join sluice.exports e on e.id = p.export_id
      where p.export_id = $1 and p.number = $2 and p.state = 'running' and e.state = 'running'`,
    [exportId, number],
  );
  return held.rows[0] ? { outcome: 'held', waitMs: held.rows[0].wait_ms } : { outcome: 'over' };
}

/** Names one claim. */
export type Lease = Pick<ClaimedPart, 'exportId' | 'number' | 'attempt'>;

/** A lease to renew, and whether its part has moved since the last time. */
export interface Renewal extends Lease {
  readonly moved: boolean;
}

/**
 * Extends the leases that are still held while their exports run; exports with a part that moved
 * are marked as progressing.
 *
 * @returns the leases that stay; whoever works on another must stop
 */
export async function renewLeases(
  db: Queryable,
  leases: readonly Renewal[],
  leaseMs: number,
): Promise<Lease[]> {
  const statement = {
    // A connection that has gone dead must not hold up the next renewal.
    query_timeout: leaseMs / 2,
    text: `with held as (
       update sluice.parts p
          set lease_until = clock_timestamp() + make_interval(secs => $4 / 1000.0)
         from unnest($1::uuid[], $2::int[], $3::int[]) as l(export_id, number, attempt)
        where p.export_id = l.export_id and p.number = l.number and p.attempt = l.attempt
          and p.state = 'running'
          and exists (select from sluice.exports e where e.id = p.export_id and e.state = 'running')
       returning p.export_id, p.number, p.attempt
     ), progressed as (
       update sluice.exports set progressed_at = clock_timestamp()
        -- Never waiting for an export while holding parts: completePart takes them the other way round.
        where id in (select id from sluice.exports
                      where id = any($5::uuid[]) and state = 'running'
                        for no key update skip locked)
     )
     select export_id as "exportId", number, attempt from held`,
    values: [
      leases.map((l) => l.exportId),
      leases.map((l) => l.number),
      leases.map((l) => l.attempt),
      leaseMs,
      leases.filter((l) => l.moved).map((l) => l.exportId),
    ],
  };
  const { rows } = await db.query<{ exportId: string; number: number; attempt: number }>(statement);
  return rows;
}

/** What a part wrote. */
export interface PartResult {
  /** Rows that Postgres says it sent. */
  readonly resources: number;
  /** Stored bytes. */
  readonly bytes: number;
  readonly files: readonly OutputFile[];
}

/**
 * Completes a part: files and state at once, only while the lease is held and the export is running.
 * One statement, since a small part costs little else than its round trips. The export's row is
 * locked first, so that of two last parts one sees the other: the count is taken from the row as it
 * is once the lock is had, not from the statement's snapshot.
 *
 * @returns `last` when every part of the export is completed now; `lost` when the lease or the
 *   export is gone, and nothing was recorded
 */
export async function completePart(
  db: Queryable,
  lease: Lease,
  result: PartResult,
): Promise<'completed' | 'last' | 'lost'> {
  const { files } = result;
  const { rows } = await db.query<{ last: boolean }>(
    `with owner as materialized (
       select id from sluice.exports where id = $1 and state = 'running' for update
     ), part as (
       update sluice.parts p
          set state = 'completed', resources = $4, bytes = $5, lease_until = null
         from owner o
        where p.export_id = o.id and p.number = $2 and p.attempt = $3 and p.state = any($6::text[])
       returning p.export_id, p.number
     ), file as (
       insert into sluice.output_files (export_id, part_number, number, kind, type, name, count, bytes, sha256)
       select part.export_id, part.number, f.n, f.kind, f.type, f.name, f.count, f.bytes, f.sha256
         from part, unnest($7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[], $12::text[])
                    with ordinality as f(kind, type, name, count, bytes, sha256, n)
     )
     update sluice.exports e
        set parts_completed = e.parts_completed + 1, progressed_at = clock_timestamp()
       from part
      where e.id = part.export_id
     returning e.parts_completed = e.parts_total as last`,
    [
      lease.exportId,
      lease.number,
      lease.attempt,
      result.resources,
      result.bytes,
      partStatesBefore('completed'),
      files.map((file) => file.kind),
      files.map((file) => file.type),
      files.map((file) => file.name),
      files.map((file) => file.count),
      files.map((file) => file.bytes),
      files.map((file) => file.sha256),
    ],
  );
  if (!rows[0]) return 'lost';
  return rows[0].last ? 'last' : 'completed';
}

/** Gives a part back for another worker to take at once; harmless when the lease is lost. */
export async function handBackPart(db: Queryable, lease: Lease): Promise<void> {
  await db.query(
    `update sluice.parts set state = 'queued', lease_until = null
      where export_id = $1 and number = $2 and attempt = $3 and state = any($4::text[])`,
    [lease.exportId, lease.number, lease.attempt, partStatesBefore('queued')],
  );
}

/**
 * Fails a part for good and its export with it; false, and nothing changed, when the lease is lost
 * or the export is active no more.
 */
export async function failPartAndExport(
  pool: Pool,
  lease: Lease,
  failure: Issue,
): Promise<boolean> {
  return await withTransaction(pool, async (client) => {
    await client.query('select from sluice.exports where id = $1 for update', [lease.exportId]);
    if (!(await failPart(client, lease))) return false;
    return await failExport(client, lease.exportId, failure);
  });
}

async function failPart(db: Queryable, lease: Lease): Promise<boolean> {
  const { rowCount } = await db.query(
    `update sluice.parts set state = 'failed', lease_until = null
      where export_id = $1 and number = $2 and attempt = $3 and state = 'running'`,
    [lease.exportId, lease.number, lease.attempt],
  );
  return rowCount === 1;
}

/** Files of completed parts, by part and number. */
export async function listOutputFiles(db: Queryable, exportId: string): Promise<OutputFile[]> {
  const { rows } = await db.query<OutputFile>(
    `select kind, type, name, count::float8 as count, bytes::float8 as bytes, sha256
       from sluice.output_files where export_id = $1 order by part_number, number`,
    [exportId],
  );
  return rows;
}

/** One file of an export. */
export async function findOutputFile(
  db: Queryable,
  exportId: string,
  name: string,
): Promise<OutputFile | undefined> {
  const { rows } = await db.query<OutputFile>(
    `select kind, type, name, count::float8 as count, bytes::float8 as bytes, sha256
       from sluice.output_files where export_id = $1 and name = $2`,
    [exportId, name],
  );
  return rows[0];
}
