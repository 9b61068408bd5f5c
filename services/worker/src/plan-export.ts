import { setTimeout as wait } from 'node:timers/promises';
import { checkHistoryKept, type Export } from '@sluice/export';
import {
  beginPlanning,
  noteReadable,
  readHistoryKeptSince,
  settle,
  settleExport,
  storePlan,
  touchExport,
  withTransaction,
} from '@sluice/postgres';
import { failureIssue, isTransient } from './classify-fault.ts';
import type { WorkerContext } from './context.ts';
import { failAndClean } from './end-export.ts';
import { enqueueParts } from './enqueue-parts.ts';
import { checkPlanTries } from './give-up.ts';
import { makePlan } from './make-plan.ts';

const attempts = 8;

/**
 * Plans one export: settles its transactionTime, resolves its members once, cuts its parts, and
 * stores all of it in one transaction. Running it twice, or after a crash, adds nothing.
 */
export async function planExport(context: WorkerContext, exportId: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await plan(context, exportId, attempt > 1);
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

async function plan(context: WorkerContext, exportId: string, isAgain: boolean): Promise<void> {
  const { pool, queue, store, log } = context;
  const planning = await beginPlanning(pool, exportId, isAgain);
  if (planning) checkPlanTries(planning.times);
  const begun = planning?.begun;
  const settled = begun?.settled === false ? await settleNow(context, begun) : begun;
  if (!settled) return;
  // Once more: it may have been removed between the kick-off's look and the row of the export.
  if (settled.kickOff.until !== undefined) {
    checkHistoryKept(settled.kickOff, [await readHistoryKeptSince(pool)]);
  }
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
  else
    await enqueueParts(
      context,
      made.parts
        .filter(({ stage }) => stage === made.parts[0]?.stage)
        .map((part) => ({ ...part, exportId })),
    );
}

/** The export with its transactionTime settled; `undefined` when it is being planned no more. */
async function settleNow(context: WorkerContext, of: Export): Promise<Export | undefined> {
  const { pool, settings, metrics, log } = context;
  const begun = performance.now();
  const at = await settle(pool, of.transactionTime, settings.SETTLE_TIMEOUT, async () => {
    if (!(await touchExport(pool, of.id))) throw new Error('the export is being planned no more');
  });
  metrics.observe('sluice_settle_wait_seconds', {}, (performance.now() - begun) / 1000);
  const settled = await settleExport(pool, of.id, at);
  if (settled !== undefined && settled.transactionTime < of.transactionTime) {
    log.warn('transactionTime moved back before a transaction that is still writing', {
      exportId: of.id,
      from: of.transactionTime,
      to: settled.transactionTime,
    });
  }
  return settled;
}
