import type { Issue } from '@sluice/fhir';
import { failExport, findExport } from '@sluice/postgres';
import type { WorkerContext } from './context.ts';

/** Fails an export with its cause, frees its slot at once and has its files removed. */
export async function failAndClean(
  context: WorkerContext,
  exportId: string,
  failure: Issue,
): Promise<void> {
  const { pool, queue, log } = context;
  const before = await findExport(pool, exportId);
  if (!before || !(await failExport(pool, exportId, failure))) return;
  log.error('export failed', { exportId, code: failure.code, cause: failure.text });
  await queue.publishCancel(exportId);
  if (before.slot !== undefined) await queue.freeSlot(before.slot, exportId);
  await queue.enqueueCleanup(exportId);
}
