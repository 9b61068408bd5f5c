import type { Issue } from '@sluice/fhir';
import { failExport, findExport } from '@sluice/postgres';
import type { WorkerContext } from './context.ts';

/**
 * Fails an export with its cause, frees its slot at once and has its files removed.
 *
 * @param fail changes the state; answers false when it is not this caller's to change
 */
export async function failAndClean(
  context: WorkerContext,
  exportId: string,
  failure: Issue,
  fail: () => Promise<boolean> = () => failExport(context.pool, exportId, failure),
): Promise<void> {
  const { pool, queue, metrics, log } = context;
  const before = await findExport(pool, exportId);
  if (!before || !(await fail())) return;
  log.error('export failed', { exportId, code: failure.code, cause: failure.text });
  metrics.count('sluice_exports_ended_total', { state: 'failed' });
  await queue.publishCancel(exportId);
  if (before.slot !== undefined) await queue.freeSlot(before.slot, exportId);
  await queue.enqueueCleanup(exportId);
}
