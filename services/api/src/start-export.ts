import { randomUUID } from 'node:crypto';
import { ExportError, type ExportSummary, type KickOff } from '@sluice/export';
import {
  countWaitingExports,
  createExport,
  SlotTakenError,
  type NewExport,
} from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
import type { Dependencies } from './dependencies.ts';
import { claimSlot, repairSlot, slotsOf } from './export-slots.ts';
import type { RequestContext } from './middleware/request-context.ts';

/**
 * Starts an export: a slot, a row, a job. What fails before the row is there leaves nothing behind;
 * what fails afterwards is made up for by housekeeping, so the export is accepted all the same.
 *
 * @throws ExportError `export-in-progress` when every slot is taken (and nothing may wait)
 */
export async function startExport(
  deps: Dependencies,
  kickOff: KickOff,
  context: RequestContext,
): Promise<ExportSummary> {
  const id = randomUUID();
  const { subject, client, clientGeneration, slots } = context.identity;
  const { address, requestId } = context;
  const wanted = { id, kickOff, subject, client, clientGeneration, slots, address, requestId };
  if (await isQueueing(deps)) return await createWaiting(deps, wanted);
  let busySince: string | undefined;
  const own = slotsOf(deps, context.identity);
  for (const slot of own) {
    const claim = await claimSlot(deps, slot, id);
    const created = claim.taken ? await createInSlot(deps, { ...wanted, slot }) : claim;
    if ('id' in created) {
      await enqueue(deps, created);
      return created;
    }
    busySince ??= created.since;
  }
  if (deps.settings.ON_BUSY === 'queue') return await createWaiting(deps, wanted);
  throw busy(own.length, busySince);
}

/** Who waits already is before a newcomer. (With slots per client, the others' queues do not matter.) */
async function isQueueing({ settings, pool }: Dependencies): Promise<boolean> {
  const { ON_BUSY, EXPORT_SLOT_SCOPE } = settings;
  if (ON_BUSY !== 'queue' || EXPORT_SLOT_SCOPE !== 'system') return false;
  return (await countWaitingExports(pool)) > 0;
}

async function createInSlot(
  deps: Dependencies,
  { slot, ...created }: NewExport & { readonly slot: string },
): Promise<ExportSummary | { since: string | undefined }> {
  try {
    return await createExport(deps.pool, { ...created, slot });
  } catch (error) {
    if (error instanceof SlotTakenError) {
      return { since: await repairSlot(deps, slot, created.id) };
    }
    await deps.queue.freeSlot(slot, created.id);
    throw error;
  }
}

/** It waits without a slot; housekeeping gives it one in its turn. */
async function createWaiting(deps: Dependencies, created: NewExport): Promise<ExportSummary> {
  const most = deps.settings.MAX_WAITING_EXPORTS;
  if ((await countWaitingExports(deps.pool)) >= most) {
    const text = `${most} exports are waiting already; try again later.`;
    throw new ExportError('export-in-progress', text, { retryAfterSeconds: 10 });
  }
  return await createExport(deps.pool, created);
}

function busy(slots: number, since: string | undefined): ExportError {
  const when = since === undefined ? '' : ` since ${since}`;
  const text =
    slots === 1
      ? `An export has been active${when}; try again when it is over.`
      : `${slots} exports, as many as may run, are active${when}; try again when one is over.`;
  return new ExportError('export-in-progress', text, { retryAfterSeconds: 5 });
}

async function enqueue({ queue, log }: Dependencies, { id }: ExportSummary): Promise<void> {
  try {
    await queue.enqueuePlan(id);
  } catch (error) {
    log.warn('plan not enqueued, left to housekeeping', { exportId: id, ...errorFacts(error) });
  }
}
