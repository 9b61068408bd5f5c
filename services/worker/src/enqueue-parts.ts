import { packParts } from '@sluice/export';
import type { OpenPart } from '@sluice/postgres';
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
