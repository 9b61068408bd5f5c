import type { Export, OutputKind } from '@sluice/export';
import { partStatesBefore } from '@sluice/export';
import { columnsOf, toExport, type ExportRow } from './export-rows.ts';
import type { ClaimedPart, PartAccess } from './parts.ts';
import type { Queryable } from './pool.ts';

/** What became of a claim: parts claimed, all of one export, and how long to wait for those that others hold. */
export interface Claim {
  readonly of: Export | undefined;
  readonly parts: readonly ClaimedPart[];
  /** 0: one of them can be claimed, a suspect as a rule. Absent: none of the others is left to be claimed. */
  readonly waitMs: number | undefined;
}

/** How parts are claimed. */
export interface ClaimOptions {
  readonly leaseMs: number;
  /** A suspect is claimed where there is nothing else. */
  readonly suspects: boolean;
}

interface ClaimRow extends ExportRow {
  number: number;
  kind: OutputKind;
  type: string;
  access: PartAccess;
  range_from: string;
  range_to: string;
  attachments: boolean;
  attempt: number;
  retries: number;
  faults: number;
  losses: number;
  readable_at: string | null;
}

/** Of a part `p` and its export `e`: the parts of all stages before are completed. */
export const stageHasCome = 'e.parts_completed >= coalesce(e.stage_ends[p.stage - 1], 0)';

/**
 * Claims parts of an export that are queued, or running with a lapsed lease, while the export is
 * running and the parts of the stages before are completed. A part that somebody is changing just now counts as held for a moment.
 * One that may be at fault for what befell it or its worker is a suspect: claimed alone, after the others, and by
 * those who ask for suspects, since a worker that dies with it in hand is held against it.
 */
export async function claimParts(
  db: Queryable,
  exportId: string,
  numbers: readonly number[],
  { leaseMs, suspects }: ClaimOptions,
): Promise<Claim> {
  const { rows } = await db.query<ClaimRow>(
    `with claimable as materialized (
       select p.number, p.state = 'running' or p.faults + p.losses > 0 as suspect from sluice.parts p
        where p.export_id = $1 and p.number = any($2::int[])
          and (p.state = any($4::text[]) or (p.state = 'running' and p.lease_until < clock_timestamp()))
          and exists (select from sluice.exports e
                       where e.id = p.export_id and e.state = 'running' and ${stageHasCome})
          for update skip locked
     ), free as (
       select number from claimable where not suspect
       union all
       select min(number) from claimable having bool_and(suspect) and $5
     ), claimed as (
       update sluice.parts p
          set state = 'running', attempt = p.attempt + 1, losses = p.losses + (p.state = 'running')::int,
              lease_until = clock_timestamp() + make_interval(secs => $3 / 1000.0)
         from free
        where p.export_id = $1 and p.number = free.number
       returning export_id, p.number, kind, type, access, range_from, range_to, attachments, attempt,
                 retries, faults, losses
     )
     select c.*, e.readable_at::text as readable_at, ${columnsOf('e')}, e.aliases from claimed c join sluice.exports e on e.id = c.export_id`,
    [exportId, numbers, leaseMs, partStatesBefore('running'), suspects],
  );
  const parts = rows.map(({ number, kind, type, access, attachments, attempt, ...row }) => {
    const tries = { retries: row.retries, faults: row.faults, losses: row.losses };
    const range = { rangeFrom: Number(row.range_from), rangeTo: Number(row.range_to) };
    const readable = row.readable_at === null ? {} : { readableAt: row.readable_at };
    return {
      ...{ exportId, number, kind, type, access, attachments, attempt, tries },
      ...range,
      ...readable,
    };
  });
  const claimed = new Set(parts.map(({ number }) => number));
  const others = numbers.filter((number) => !claimed.has(number));
  return {
    of: rows[0] && toExport(rows[0]),
    parts: parts.sort((a, b) => a.number - b.number),
    waitMs: others.length === 0 ? undefined : await waitFor(db, exportId, others),
  };
}

/** How long parts are held by others at the least; `undefined` when none is left to be claimed. */
async function waitFor(
  db: Queryable,
  exportId: string,
  numbers: readonly number[],
): Promise<number | undefined> {
  const { rows } = await db.query<{ wait_ms: number | null }>(
    `select min(greatest(extract(epoch from p.lease_until - clock_timestamp()) * 1000, 0))::int as wait_ms
       from sluice.parts p join sluice.exports e on e.id = p.export_id
      where p.export_id = $1 and p.number = any($2::int[]) and p.state in ('queued', 'running') and e.state = 'running'
        and ${stageHasCome}
     having count(*) > 0`,
    [exportId, numbers],
  );
  return rows[0] && (rows[0].wait_ms ?? 0);
}
