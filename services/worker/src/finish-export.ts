import { findExport, finishExport as finish, listOutputFiles } from '@sluice/postgres';
import type { Export } from '@sluice/export';
import type { WorkerContext } from './context.ts';
import { failAndClean } from './end-export.ts';
import { grantSlots } from './grant-slots.ts';

/**
 * Finishes one export whose parts are all completed: clears the folder of whatever no part has
 * recorded, proves completeness, opens the manifest to the client and gives the slot on.
 */
export async function finishExport(context: WorkerContext, exportId: string): Promise<void> {
  const { pool, queue, settings, log } = context;
  const found = await findExport(pool, exportId);
  if (found?.state !== 'running' || found.partsCompleted < found.partsTotal) return;
  await clearFolder(context, found);
  const result = await finish(pool, exportId, settings.RETENTION);
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
      if (result.slot !== undefined) await queue.freeSlot(result.slot, exportId);
      await grantSlots(context);
  }
}

/** Removes what killed attempts have left: unfinished files, and files that no part has recorded. */
async function clearFolder(context: WorkerContext, of: Export): Promise<void> {
  const { pool, store } = context;
  const named = new Set((await listOutputFiles(pool, of.id)).map(({ name }) => `${of.folder}/${name}`));
  await store.removeUnfinished(of.folder);
  for (const { key } of await store.list(of.folder)) {
    if (!named.has(key)) await store.remove(key);
  }
}
