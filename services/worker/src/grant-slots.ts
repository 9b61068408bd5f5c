import { activeStates } from '@sluice/export';
import { findExport, grantSlot, listWaitingExports, SlotTakenError } from '@sluice/postgres';
import type { WorkerContext } from './context.ts';

/** Gives free slots to exports that wait for one (ON_BUSY=queue), longest waiting first. */
export async function grantSlots(context: WorkerContext): Promise<void> {
  const { pool, queue, settings, log } = context;
  for (const waiting of await listWaitingExports(pool)) {
    const scope = settings.EXPORT_SLOT_SCOPE === 'client' ? `client:${waiting.subject}` : 'system';
    let granted = false;
    for (let n = 0; n < settings.EXPORT_SLOTS && !granted; n += 1) {
      const slot = `${scope}/${n}`;
      if (!(await claim(context, slot, waiting.id))) continue;
      try {
        granted = true;
        if (await grantSlot(pool, waiting.id, slot)) {
          log.info('waiting export begins', { exportId: waiting.id, slot });
          await queue.enqueuePlan(waiting.id);
        } else {
          await queue.freeSlot(slot, waiting.id);
        }
      } catch (error) {
        await queue.freeSlot(slot, waiting.id);
        granted = false;
        if (!(error instanceof SlotTakenError)) throw error;
      }
    }
    // Every slot is taken, for all that wait alike.
    if (!granted && settings.EXPORT_SLOT_SCOPE === 'system') return;
  }
}

/** Takes a slot, also from a holder that is over: a lock that outlived its export is repaired. */
async function claim(context: WorkerContext, slot: string, exportId: string): Promise<boolean> {
  const { pool, queue } = context;
  const attempt = await queue.takeSlot(slot, exportId);
  if (attempt.taken) return true;
  const holder = await findExport(pool, attempt.holder.exportId);
  const active = holder && (activeStates as readonly string[]).includes(holder.state);
  // A holder that is not stored yet may be a kick-off in its first moments.
  const young = !holder && Date.now() - Date.parse(attempt.holder.since) < 5000;
  if (active || young) return false;
  return await queue.replaceSlot(slot, attempt.holder.exportId, exportId);
}
