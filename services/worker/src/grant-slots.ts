import { grantSlot, listWaitingExports, SlotTakenError } from '@sluice/postgres';
import type { WorkerContext } from './context.ts';

/** Gives free slots to exports that wait for one (ON_BUSY=queue), longest waiting first. */
export async function grantSlots(context: WorkerContext): Promise<void> {
  const { pool, queue, settings, log } = context;
  for (const waiting of await listWaitingExports(pool)) {
    const scope = settings.EXPORT_SLOT_SCOPE === 'client' ? `client:${waiting.subject}` : 'system';
    for (let n = 0; n < settings.EXPORT_SLOTS; n += 1) {
      const slot = `${scope}/${n}`;
      if (!(await queue.takeSlot(slot, waiting.id)).taken) continue;
      try {
        if (await grantSlot(pool, waiting.id, slot)) {
          log.info('waiting export begins', { exportId: waiting.id, slot });
          await queue.enqueuePlan(waiting.id);
        } else {
          await queue.freeSlot(slot, waiting.id);
        }
        break;
      } catch (error) {
        await queue.freeSlot(slot, waiting.id);
        if (!(error instanceof SlotTakenError)) throw error;
      }
    }
  }
}
