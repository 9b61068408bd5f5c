import type { OutputFile } from '@sluice/export';
import { partStatesBefore } from '@sluice/export';
import type { Lease } from './parts.ts';
import type { Pool } from './pool.ts';
import { retryConflicts } from './transaction.ts';

/** What a part wrote. */
export interface PartResult {
  readonly lease: Lease;
  /** Rows that Postgres says it sent. */
  readonly resources: number;
  /** Of those, the ones that a filter or a fault kept out of the files. */
  readonly leftOut: number;
  /** Stored bytes. */
  readonly bytes: number;
  readonly files: readonly OutputFile[];
}

/** What completing came to. */
export interface Completion {
  /** Numbers of the parts that are completed now; of the others the lease or the export is gone. */
  readonly completed: readonly number[];
  /** Every part of the export is completed now. */
  readonly last: boolean;
  /** Every part of a stage is completed now: those of the next one can be claimed. */
  readonly stageOver: boolean;
}

/**
 * Completes parts of one export: files and states at once, of each part only while its lease is held
 * and the export is running. One statement, since small parts cost little else than their round trips. The export's row is
 * locked first, so that of two last parts one sees the other: the count is taken from the row as it
 * is once the lock is had, not from the statement's snapshot.
 */
export async function completeParts(
  pool: Pool,
  exportId: string,
  results: readonly PartResult[],
): Promise<Completion> {
  const files = results.flatMap(({ lease, files }) =>
    files.map((file, i) => ({ ...file, part: lease.number, number: i + 1 })),
  );
  const text = `with owner as materialized (
       -- As little as keeps completions apart: rows that refer to the export are added meanwhile.
       select id from sluice.exports where id = $1 and state = 'running' for no key update
     ), held as materialized (
       -- After the export, and by number, as everybody does who locks several.
       select p.number from owner o join sluice.parts p on p.export_id = o.id
        where p.number = any($2::int[]) order by p.number for no key update of p
     ), part as (
       update sluice.parts p
          set state = 'completed', resources = r.resources, left_out = r.left_out, bytes = r.bytes, lease_until = null
         from held, unnest($2::int[], $3::int[], $4::bigint[], $5::bigint[], $15::bigint[]) as r(number, attempt, resources, bytes, left_out)
        where p.export_id = $1 and p.number = held.number and p.number = r.number and p.attempt = r.attempt and p.state = any($6::text[])
       returning p.export_id, p.number
     ), file as (
       insert into sluice.output_files (export_id, part_number, number, kind, type, name, count, bytes, sha256)
       select part.export_id, part.number, f.number, f.kind, f.type, f.name, f.count, f.bytes, f.sha256
         from part
         join unnest($7::int[], $8::int[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::text[])
           as f(part, number, kind, type, name, count, bytes, sha256) on f.part = part.number
     ), done as (
       select export_id, array_agg(number) as numbers from part group by export_id
     )
     update sluice.exports e
        set parts_completed = e.parts_completed + cardinality(done.numbers), progressed_at = clock_timestamp()
       from done
      where e.id = done.export_id
     returning done.numbers as completed, e.parts_completed = e.parts_total as last,
               e.parts_completed = any(e.stage_ends) as "stageOver"`;
  const values = [
    exportId,
    results.map(({ lease }) => lease.number),
    results.map(({ lease }) => lease.attempt),
    results.map(({ resources }) => resources),
    results.map(({ bytes }) => bytes),
    partStatesBefore('completed'),
    files.map((file) => file.part),
    files.map((file) => file.number),
    files.map((file) => file.kind),
    files.map((file) => file.type),
    files.map((file) => file.name),
    files.map((file) => file.count),
    files.map((file) => file.bytes),
    files.map((file) => file.sha256),
    results.map(({ leftOut }) => leftOut),
  ];
  const { rows } = await retryConflicts(() => pool.query<Completion>(text, values));
  return rows[0] ?? { completed: [], last: false, stageOver: false };
}
