import { isStaleLock, slotNames, type ExportSummary } from '@sluice/export';
import { findExport, grantSlot, listWaitingExports, SlotTakenError } from '@sluice/postgres';
import type { WorkerContext } from './context.ts';

/** Gives free slots to exports that wait for one (ON_BUSY=queue), longest waiting first. */
export async function grantSlots(context: WorkerContext): Promise<void> {
  for (const waiting of await listWaitingExports(context.pool)) {
    const granted = await grantOne(context, waiting);
    // Every slot is taken, for all that wait alike.
    if (!granted && context.settings.EXPORT_SLOT_SCOPE === 'system') return;
  }
}

/** False when every slot that this export could have is taken. */
async function grantOne(context: WorkerContext, waiting: ExportSummary): Promise<boolean> {
  const { pool, queue, settings, log } = context;
  const { EXPORT_SLOT_SCOPE, EXPORT_SLOTS } = settings;
  for (const slot of slotNames(EXPORT_SLOT_SCOPE, EXPORT_SLOTS, waiting)) {
    if (!(await claim(context, slot, waiting.id))) continue;
    try {
      if (await grantSlot(pool, waiting.id, slot)) {
        log.info('waiting export begins', { exportId: waiting.id, slot });
        await queue.enqueuePlan(waiting.id);
      } else {
        await queue.freeSlot(slot, waiting.id);
      }
      return true;
    } catch (error) {
      await queue.freeSlot(slot, waiting.id);
      if (!(error instanceof SlotTakenError)) throw error;
    }
  }
  return false;
}

/** Takes a slot, also from a holder that is over: a lock that outlived its export is repaired. */
async function claim(context: WorkerContext, slot: string, exportId: string): Promise<boolean> {
  const { pool, queue } = context;
  const attempt = await queue.takeSlot(slot, exportId);
  if (attempt.taken) return true;
  const holder = await findExport(pool, attempt.holder.exportId);
  if (!isStaleLock(slot, holder, attempt.holder.since, Date.now())) return false;
  return await queue.replaceSlot(slot, attempt.holder.exportId, exportId);
}
