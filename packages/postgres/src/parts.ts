import type { OutputFile, PartPlan } from '@sluice/export';
import { partStatesBefore } from '@sluice/export';
import type { Issue } from '@sluice/fhir';
import { failExport } from './exports.ts';
import type { Client, Pool, Queryable } from './pool.ts';
import { retryConflicts, withTransaction } from './transaction.ts';

/**
 * How a part finds its rows: `range`: seq in [from, to); `changes`: last_updated in [from, to), in µs
 * since 1970, the first and the last range open; `members`: primary patient among the
 * members with ordinal in [from, to); `shared`: rows whose primary patient is no member, but another
 * of their patients is; `provenance`: by their targets, seq in [from, to); `tombstones`: what was
 * deleted, as it was; `supporting`: what the export refers to outside the compartment, seq in [from, to), which `select-supporting` has
 * noted, a part that reads nothing itself; `notices`: the export's notices.
 */
export type PartAccess = PartPlan['access'];

/** The unit of work and of retry, as the plan makes it. */
export type PlannedPart = Omit<PartPlan, 'stage' | 'effort'>;

/** A part in the hands of a worker; `attempt` is the fencing token of everything it writes. */
export interface ClaimedPart extends PlannedPart {
  readonly exportId: string;
  readonly attempt: number;
  /** How far a replica must have replayed to be read from (an LSN); absent: it must not be. */
  readonly readableAt?: string;
  readonly tries: Tries;
}

/** Why a part was tried before, and how often. What was handed back in order is not counted. */
export interface Tries {
  /** Faults that pass by themselves. */
  readonly retries: number;
  /** Faults of which nobody can say whether they pass. */
  readonly faults: number;
  /** Claims whose lease lapsed: the worker was killed, or cut off from Postgres. */
  readonly losses: number;
}

/** The part that stopped work on itself and others. */
export interface Blame {
  readonly number: number;
  readonly counts: 'retries' | 'faults';
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
  pool: Pool,
  leases: readonly Renewal[],
  leaseMs: number,
): Promise<Lease[]> {
  const statement = {
    // A connection that has gone dead must not hold up the next renewal.
    query_timeout: leaseMs / 2,
    text: `with held as materialized (
       -- By number, as everybody does who locks several parts of an export.
       select p.export_id, p.number
         from sluice.parts p
         join unnest($1::uuid[], $2::int[], $3::int[]) as l(export_id, number, attempt) using (export_id, number, attempt)
        where p.state = 'running'
          and exists (select from sluice.exports e where e.id = p.export_id and e.state = 'running')
        order by p.export_id, p.number
          for no key update of p
     ), renewed as (
       update sluice.parts p
          set lease_until = clock_timestamp() + make_interval(secs => $4 / 1000.0)
         from held
        where p.export_id = held.export_id and p.number = held.number
       returning p.export_id, p.number, p.attempt
     ), progressed as (
       update sluice.exports set progressed_at = clock_timestamp()
        -- Never waiting for an export while holding parts: completeParts takes them the other way round.
        where id in (select id from sluice.exports
                      where id = any($5::uuid[]) and state = 'running'
                        for no key update skip locked)
     )
     select export_id as "exportId", number, attempt from renewed`,
    values: [
      leases.map((l) => l.exportId),
      leases.map((l) => l.number),
      leases.map((l) => l.attempt),
      leaseMs,
      leases.filter((l) => l.moved).map((l) => l.exportId),
    ],
  };
  const { rows } = await retryConflicts(() => pool.query<Lease>(statement));
  return rows;
}

/**
 * Gives parts back for another worker to take at once; harmless where the lease is lost.
 *
 * @param blame the one of them that is at fault, which counts it
 */
export async function handBackParts(
  pool: Pool,
  leases: readonly Lease[],
  blame?: Blame,
): Promise<void> {
  const text = `with held as materialized (
       select p.export_id, p.number
         from sluice.parts p
         join unnest($1::uuid[], $2::int[], $3::int[]) as l(export_id, number, attempt) using (export_id, number, attempt)
        where p.state = any($4::text[])
        order by p.export_id, p.number
          for no key update of p
     )
     update sluice.parts p
        set state = 'queued', lease_until = null,
            retries = p.retries + (p.number is not distinct from $5::int)::int,
            faults = p.faults + (p.number is not distinct from $6::int)::int
       from held
      where p.export_id = held.export_id and p.number = held.number`;
  const values = [
    leases.map((l) => l.exportId),
    leases.map((l) => l.number),
    leases.map((l) => l.attempt),
    partStatesBefore('queued'),
    blame?.counts === 'retries' ? blame.number : null,
    blame?.counts === 'faults' ? blame.number : null,
  ];
  await retryConflicts(() => pool.query(text, values));
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
  const work = async (client: Client): Promise<boolean> => {
    await client.query('select from sluice.exports where id = $1 for no key update', [
      lease.exportId,
    ]);
    if (!(await failPart(client, lease))) return false;
    return await failExport(client, lease.exportId, failure);
  };
  return await retryConflicts(() => withTransaction(pool, work));
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
