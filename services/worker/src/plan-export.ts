import { setTimeout as wait } from 'node:timers/promises';
import {
  absentMember,
  packParts,
  planParts,
  typesInScope,
  type Changes,
  type Export,
  type PartPlan,
  type Spread,
} from '@sluice/export';
import { operationOutcome, type Issue } from '@sluice/fhir';
import {
  beginPlanning,
  keepPresent,
  listStoredTypes,
  noteReadable,
  readChanges,
  readSpreads,
  resolveGroupMembers,
  settle,
  settleExport,
  storePlan,
  touchExport,
  withTransaction,
  type Members,
  type Plan,
} from '@sluice/postgres';
import { failureIssue, isTransient } from './classify-fault.ts';
import type { WorkerContext } from './context.ts';
import { failAndClean } from './end-export.ts';

const attempts = 8;

/**
 * Plans one export: settles its transactionTime, resolves its members once, cuts its parts, and
 * stores all of it in one transaction. Running it twice, or after a crash, adds nothing.
 */
export async function planExport(context: WorkerContext, exportId: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await plan(context, exportId);
      return;
    } catch (error) {
      if (attempt >= attempts || !isTransient(error)) {
        context.log.error('plan failed', { exportId, attempt, error: String(error) });
        await failAndClean(context, exportId, failureIssue(error));
        return;
      }
      context.log.warn('plan is tried again', { exportId, attempt, error: String(error) });
      await wait(Math.min(100 * 2 ** attempt, 5000) * (0.5 + Math.random() / 2));
    }
  }
}

async function plan(context: WorkerContext, exportId: string): Promise<void> {
  const { pool, queue, store, log } = context;
  const begun = await beginPlanning(pool, exportId);
  const settled = begun?.settled === false ? await settleNow(context, begun) : begun;
  if (!settled) return;
  await store.createFolder(settled.folder);
  const made = await makePlan(context, settled);
  const stored = await withTransaction(pool, (client) => storePlan(client, settled, made));
  if (!stored) {
    // Cancelled meanwhile, or planned by another worker, which has made the same folder.
    await queue.enqueueCleanup(exportId);
    return;
  }
  if (context.replica) await noteReadable(pool, exportId);
  log.info('export planned', {
    exportId,
    parts: made.parts.length,
    resources: made.resourcesEstimated,
    transactionTime: settled.transactionTime,
  });
  if (made.parts.length === 0) await queue.enqueueFinish(exportId);
  else await queue.enqueueParts(packParts(made.parts).map((numbers) => ({ exportId, numbers })));
}

/** The export with its transactionTime settled; `undefined` when it is being planned no more. */
async function settleNow(context: WorkerContext, of: Export): Promise<Export | undefined> {
  const { pool, settings, log } = context;
  const at = await settle(pool, of.transactionTime, settings.SETTLE_TIMEOUT, async () => {
    if (!(await touchExport(pool, of.id))) throw new Error('the export is being planned no more');
  });
  if (at !== of.transactionTime) {
    log.warn('transactionTime moved back before a transaction that is still writing', {
      exportId: of.id,
      from: of.transactionTime,
      to: at,
    });
  }
  return await settleExport(pool, of.id, at);
}

async function makePlan(
  context: WorkerContext,
  of: Export,
): Promise<Plan & { readonly parts: readonly PartPlan[] }> {
  const { pool, settings } = context;
  const members = await resolveMembers(context, of);
  const stored = await listStoredTypes(pool);
  const types = typesInScope(of.kickOff, stored);
  const spacing = settings.PART_RESOURCES;
  const spreads = await readSpreadsOf(context, of, types);
  const [patients] =
    members && stored.includes('Patient') ? await readSpreads(pool, ['Patient'], spacing) : [];
  const notices = [...of.kickOff.notices, ...(members?.notices ?? [])];
  const { parts, resourcesEstimated } = planParts({
    spreads,
    spacing,
    since: of.kickOff.since !== undefined,
    ...(members ? { members: countOf(members), patients: patients?.resources ?? 0 } : {}),
    notices: notices.length,
  });
  return {
    parts,
    resourcesEstimated,
    ...(members ? { members: members.patients, deletedMembers: members.deleted } : {}),
    notices: notices.map((issue: Issue) => JSON.stringify(operationOutcome([issue]))),
  };
}

/** How the types are spread, and with `_since` what changed of them. */
async function readSpreadsOf(
  { pool, settings }: WorkerContext,
  of: Export,
  types: readonly string[],
): Promise<readonly Spread[]> {
  const spacing = settings.PART_RESOURCES;
  // Changes are looked for by last_updated, which has an index.
  const looked = of.kickOff.since !== undefined && settings.SINCE_BASIS === 'last-updated';
  const [spreads, changes] = await Promise.all([
    readSpreads(pool, types, spacing),
    // Rows that lie scattered cost more to read than rows in sequence, so parts hold fewer of them.
    looked ? readChanges(pool, of, types, Math.ceil(spacing / 4)) : new Map<string, Changes>(),
  ]);
  return spreads.map((spread) => {
    const changed = changes.get(spread.type);
    return changed ? { ...spread, changes: changed } : spread;
  });
}

/** Whose data is wanted, as of transactionTime; `undefined`: everybody's. */
async function resolveMembers(context: WorkerContext, of: Export): Promise<Members | undefined> {
  const { pool } = context;
  const { level, groupId, patients } = of.kickOff;
  if (level === 'group') {
    const members = await resolveGroupMembers(pool, groupId ?? '', of.transactionTime);
    if (patients === undefined) return members;
    const wanted = new Set(patients);
    return {
      ...members,
      patients: members.patients.filter((id) => wanted.has(id)),
      deleted: members.deleted.filter((id) => wanted.has(id)),
    };
  }
  if (patients === undefined) return undefined;
  const present = await keepPresent(pool, patients, of.transactionTime);
  return { ...present, notices: present.absent.map(absentMember) };
}

function countOf(members: Members): number {
  return members.patients.length + members.deleted.length;
}
