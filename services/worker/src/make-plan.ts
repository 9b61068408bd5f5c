import {
  filteredTypes,
  planParts,
  scopeOf,
  type Changes,
  type Export,
  type PartPlan,
  type Scope,
  type Spread,
} from '@sluice/export';
import { attachmentTypes, operationOutcome, type Issue } from '@sluice/fhir';
import { listStoredTypes, readChanges, readSpreads, type Plan } from '@sluice/postgres';
import type { WorkerContext } from './context.ts';
import { queryOptions } from './query-options.ts';
import { resolveMembers, type ExportMembers } from './resolve-members.ts';

/** Finds out what there is to export, and cuts it into parts. Only reads. */
export async function makePlan(
  context: WorkerContext,
  of: Export,
): Promise<Plan & { readonly parts: readonly PartPlan[] }> {
  const { pool, settings } = context;
  const { kickOff } = of;
  const [members, stored] = await Promise.all([resolveMembers(context, of), listStoredTypes(pool)]);
  const scope = scopeOf(kickOff, stored, settings.SUPPORTING_RESOURCES === 'on');
  const spacing = settings.PART_RESOURCES;
  const spreads = await readSpreadsOf(context, of, stored, scope, members);
  const notices = [...kickOff.notices, ...(members?.notices ?? [])];
  const { parts, resourcesEstimated } = planParts({
    scope,
    spreads,
    spacing,
    since: kickOff.since !== undefined,
    filtered: filteredTypes(kickOff),
    attachments: stored.includes('Binary') ? [...attachmentTypes] : [],
    softDeleted: kickOff.associated?.deleted === true,
    ...(members ? { members: countOf(members), patients: patientsIn(spreads) } : {}),
    notices: notices.length,
  });
  return {
    parts,
    resourcesEstimated,
    ...(members
      ? {
          members: members.patients,
          deletedMembers: members.deleted,
          joinedMembers: members.joined,
        }
      : {}),
    notices: notices.map((issue: Issue) => JSON.stringify(operationOutcome([issue]))),
  };
}

/** How the types are spread, and with `_since` what changed of them, where that can be looked up. */
async function readSpreadsOf(
  { pool, settings }: WorkerContext,
  of: Export,
  stored: readonly string[],
  scope: Scope,
  members: ExportMembers | undefined,
): Promise<readonly Spread[]> {
  const { since, until, associated } = of.kickOff;
  const inScope = new Set([
    ...scope.direct,
    ...scope.supporting,
    ...(scope.provenance ? ['Provenance'] : []),
    // What share of them the members are decides how parts are read.
    ...(members ? ['Patient'] : []),
  ]);
  const types = stored.filter((type) => inScope.has(type));
  const spacing = settings.PART_RESOURCES;
  // Changes are looked for by last_updated, which has an index; past versions and who joined are not among them.
  const looked =
    since !== undefined &&
    settings.SINCE_BASIS === 'last-updated' &&
    until === undefined &&
    associated?.history !== true &&
    (members?.joined ?? []).length === 0;
  const [spreads, changes] = await Promise.all([
    readSpreads(pool, types, spacing),
    // Rows that lie scattered cost more to read than rows in sequence, so parts hold fewer of them.
    looked
      ? readChanges(pool, of, scope.direct, Math.ceil(spacing / 4), queryOptions(settings))
      : new Map<string, Changes>(),
  ]);
  return spreads.map((spread) => {
    const changed = changes.get(spread.type);
    return changed ? { ...spread, changes: changed } : spread;
  });
}

function patientsIn(spreads: readonly Spread[]): number {
  return spreads.find(({ type }) => type === 'Patient')?.resources ?? 0;
}

function countOf({ patients, deleted }: ExportMembers): number {
  return patients.length + deleted.length;
}
