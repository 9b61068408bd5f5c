import type { ExportSummary } from '@sluice/export';
import { findExport, finishExport as finish, listOutputFiles, type Finish } from '@sluice/postgres';
import { errorFacts, traced } from '@sluice/runtime';
import { failureIssue, isTransient } from './classify-fault.ts';
import type { WorkerContext } from './context.ts';
import { failAndClean } from './end-export.ts';
import { grantSlots } from './grant-slots.ts';

/**
 * Finishes one export whose parts are all completed: clears the folder of whatever no part has
 * recorded, proves completeness, opens the manifest to the client and gives the slot on. What may pass
 * is thrown, and housekeeping has the export finished again; what will not fails it with its cause.
 */
export async function finishExport(context: WorkerContext, exportId: string): Promise<void> {
  await traced('finish', { exportId }, async () => {
    try {
      await finishOnce(context, exportId);
    } catch (error) {
      if (isTransient(error)) throw error;
      context.log.error('finish failed', { exportId, ...errorFacts(error) });
      await failAndClean(context, exportId, failureIssue(error));
    }
  });
}

async function finishOnce(context: WorkerContext, exportId: string): Promise<void> {
  const { pool, queue, settings, metrics, log } = context;
  const found = await findExport(pool, exportId);
  if (found?.state !== 'running' || found.partsCompleted < found.partsTotal) return;
  const result =
    (await checkFolder(context, found)) ?? (await finish(pool, exportId, settings.RETENTION));
  switch (result.outcome) {
    case 'not-ready':
      return;
    case 'incomplete':
      log.error('export is incomplete', { exportId, faults: result.faults });
      await failAndClean(context, exportId, {
        severity: 'error',
        code: 'exception',
        text: 'The export could not be proved complete, so none of it is handed out.',
      });
      return;
    case 'completed':
      log.info('export completed', { exportId });
      metrics.count('sluice_exports_ended_total', { state: 'completed' });
      if (result.slot !== undefined) await queue.freeSlot(result.slot, exportId);
      await grantSlots(context);
  }
}

/**
 * Compares the folder with the record: what killed attempts have left is removed, and every recorded
 * file must be there with its size.
 */
async function checkFolder(context: WorkerContext, of: ExportSummary): Promise<Finish | undefined> {
  const { pool, store } = context;
  const [recorded, stored] = await Promise.all([
    listOutputFiles(pool, of.id),
    store.removeUnfinished(of.folder).then(() => store.list(of.folder)),
  ]);
  const missing = new Map(recorded.map(({ name, bytes }) => [`${of.folder}/${name}`, bytes]));
  const names = new Set(missing.keys());
  for (const { key, bytes } of stored) {
    if (!names.has(key)) await store.remove(key);
    else if (missing.get(key) === bytes) missing.delete(key);
  }
  const faults = [...missing.keys()].map((key) => `${key} is not in the store as it was written`);
  return faults.length === 0 ? undefined : { outcome: 'incomplete', faults };
}
