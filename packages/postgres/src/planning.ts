import type { Export, PartPlan } from '@sluice/export';
import { statesBefore } from '@sluice/export';
import { exportColumns, toExport, type ExportRow } from './export-rows.ts';
import { findFilterAliases } from './filter-aliases.ts';
import { hasSearches, storeResolutions } from './identified.ts';
import type { Client, Queryable } from './pool.ts';

/**
 * Enters `planning`; also when a planner was there before and died: planning again is safe, since
 * its result is stored in one transaction with the move to `running`.
 *
 * @param isAgain the same worker tries again after a fault, which is not counted
 * @returns the export, and how often planning it was begun; `undefined` when it is not to be planned (any more)
 */
export async function beginPlanning(
  db: Queryable,
  id: string,
  isAgain = false,
): Promise<{ readonly begun: Export; readonly times: number } | undefined> {
  const { rows } = await db.query<ExportRow & { plans_begun: number }>(
    `update sluice.exports set state = 'planning', progressed_at = clock_timestamp(), plans_begun = plans_begun + $3
      where id = $1 and slot is not null and (state = any($2::text[]) or state = 'planning')
     returning ${exportColumns}, plans_begun`,
    [id, statesBefore('planning'), isAgain ? 0 : 1],
  );
  return rows[0] && { begun: toExport(rows[0]), times: rows[0].plans_begun };
}

/**
 * Records a settled transactionTime, at most once: a planner that takes over must not move it again.
 * It never falls: where a newer instant was settled before, the export takes that one.
 *
 * @param at an instant that `settle` has settled
 * @returns the export as it is now; `undefined` when planning is over
 */
export async function settleExport(
  db: Queryable,
  id: string,
  at: string,
): Promise<Export | undefined> {
  const { rows } = await db.query<ExportRow>(
    `with settled_before as (
       update sluice.settled_time set newest = greatest(newest, $2::timestamptz) returning newest
     )
     update sluice.exports
        set transaction_time = case when settled then transaction_time else (select newest from settled_before) end,
            settled = true, progressed_at = clock_timestamp()
      where id = $1 and state = 'planning'
     returning ${exportColumns}`,
    [id, at],
  );
  return rows[0] && toExport(rows[0]);
}

/** Shows that an active export is alive; false when it is active no more. */
export async function touchExport(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update sluice.exports set progressed_at = clock_timestamp()
      where id = $1 and state in ('accepted','planning','running')`,
    [id],
  );
  return rowCount === 1;
}

/** What planning decides. */
export interface Plan {
  readonly parts: readonly PartPlan[];
  readonly resourcesEstimated: number;
  /** Patients whose data is wanted. */
  readonly members?: readonly string[];
  /** Those of them who joined after `_since`, and are told of whole. */
  readonly joinedMembers?: readonly string[];
  /** Patients of the list that are deleted: only deletions are told of them. */
  readonly deletedMembers?: readonly string[];
  /** OperationOutcome lines for the error files. */
  readonly notices: readonly string[];
}

/**
 * Stores a plan and enters `running`, in the caller's transaction; false (and nothing stored) when
 * planning is over, by a cancel or by another planner.
 */
export async function storePlan(client: Client, of: Export, plan: Plan): Promise<boolean> {
  const followsSearches = await hasSearches(client);
  const aliases = followsSearches ? await findFilterAliases(client, of) : undefined;
  const { rowCount } = await client.query(
    `update sluice.exports
        set state = 'running', parts_total = $2, resources_estimated = $3, stage_ends = $5::int[],
            has_joined_members = $6, follows_searches = $7, aliases = $8, progressed_at = clock_timestamp()
      where id = $1 and state = any($4::text[])`,
    [
      of.id,
      plan.parts.length,
      plan.resourcesEstimated,
      statesBefore('running'),
      stageEnds(plan.parts),
      (plan.joinedMembers ?? []).length > 0,
      followsSearches,
      aliases === undefined ? null : JSON.stringify(aliases),
    ],
  );
  if (rowCount !== 1) return false;
  if (followsSearches) await storeResolutions(client, of);
  if (plan.members) await storeMembers(client, of.id, plan);
  if (plan.notices.length > 0) {
    await client.query(
      `insert into sluice.export_notices (export_id, number, body)
       select $1, n, body from unnest($2::text[]) with ordinality as t(body, n)`,
      [of.id, plan.notices],
    );
  }
  await client.query(
    `insert into sluice.parts (export_id, number, kind, type, access, range_from, range_to, stage, attachments, expected)
     select $1, * from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::smallint[], $9::boolean[], $10::bigint[])`,
    [
      of.id,
      plan.parts.map((part) => part.number),
      plan.parts.map((part) => part.kind),
      plan.parts.map((part) => part.type),
      plan.parts.map((part) => part.access),
      plan.parts.map((part) => part.rangeFrom),
      plan.parts.map((part) => part.rangeTo),
      plan.parts.map((part) => part.stage),
      plan.parts.map((part) => part.attachments),
      plan.parts.map((part) => part.effort),
    ],
  );
  return true;
}

/** How many parts are completed when each stage is. */
function stageEnds(parts: readonly PartPlan[]): number[] {
  const stages = Math.max(0, ...parts.map(({ stage }) => stage));
  return Array.from(
    { length: stages },
    (_, i) => parts.filter(({ stage }) => stage <= i + 1).length,
  );
}

async function storeMembers(
  client: Client,
  id: string,
  { members = [], deletedMembers = [], joinedMembers = [] }: Plan,
): Promise<void> {
  await client.query(
    `insert into sluice.export_members (export_id, ordinal, patient, present, is_new)
     select $1, row_number() over (order by not present, patient collate "C") - 1, patient, present,
            present and patient = any($4::text[])
       from (select unnest($2::text[]) as patient, true as present
             union all
             select unnest($3::text[]), false) t`,
    [id, members, deletedMembers, joinedMembers],
  );
}
