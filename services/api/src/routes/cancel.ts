import { exportNotFound } from '@sluice/export';
import { cancelExport } from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
import type { RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { callerOf, contextOf } from '../middleware/request-context.ts';
import { findOwnExport } from '../own-export.ts';

/**
 * `DELETE $export-status/{id}`: ends an export, or gives up the files of one that is over. The row
 * in Postgres decides; what follows only makes it felt sooner, and housekeeping makes up for it.
 */
export function cancel(deps: Dependencies): RequestHandler {
  return async (req, res) => {
    const { id } = await findOwnExport(deps, req, res);
    const cancelled = await cancelExport(deps.pool, id, callerOf(contextOf(res)));
    if (cancelled === undefined) throw exportNotFound();
    const { queue, log } = deps;
    const { slot } = cancelled;
    const attempt = async (step: string, work: () => Promise<unknown>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        log.warn('left to housekeeping', { step, exportId: id, ...errorFacts(error) });
      }
    };
    await Promise.all([
      slot === undefined || attempt('free slot', () => queue.freeSlot(slot, id)),
      attempt('publish cancellation', () => queue.publishCancel(id)),
      attempt('enqueue cleanup', () => queue.enqueueCleanup(id)),
    ]);
    log.info('export cancelled', { exportId: id, state: cancelled.state });
    res.status(202).end();
    // One by one, and there can be thousands: nobody has to wait for that.
    await attempt('remove jobs', () => queue.removeJobs(id, cancelled.partsTotal));
  };
}
