import { packParts } from '@sluice/export';
import { findOpenParts, type OpenPart } from '@sluice/postgres';
import type { WorkerContext } from './context.ts';

/** Enqueues parts, whichever exports they are of; small ones of one export share a job. */
export async function enqueueParts(
  { queue }: WorkerContext,
  parts: readonly OpenPart[],
): Promise<void> {
  for (const exportId of new Set(parts.map((part) => part.exportId))) {
    const jobs = packParts(parts.filter((part) => part.exportId === exportId));
    await queue.enqueueParts(jobs.map((numbers) => ({ exportId, numbers })));
  }
}

/**
 * Enqueues the parts of a stage that has come, but for one job, whose numbers it gives: whoever ended the stage
 * before goes on with it, without a way through the queue. If that worker dies, housekeeping finds them.
 */
export async function enqueueNextStage(
  { pool, queue }: WorkerContext,
  exportId: string,
): Promise<readonly number[]> {
  const [own = [], ...others] = packParts(await findOpenParts(pool, exportId));
  if (others.length > 0) await queue.enqueueParts(others.map((numbers) => ({ exportId, numbers })));
  return own;
}
