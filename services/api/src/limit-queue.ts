import type { ExportQueue } from '@sluice/queue';
import { withLimit } from './with-limit.ts';

/** What the API asks of Redis. */
export type ApiQueue = Pick<
  ExportQueue,
  | 'enqueuePlan'
  | 'enqueueCleanup'
  | 'removeJobs'
  | 'takeSlot'
  | 'replaceSlot'
  | 'freeSlot'
  | 'publishCancel'
  | 'countPoll'
  | 'ping'
  | 'readQueues'
>;

/**
 * The queue with a limit to how long a request waits for it: while Redis is away its commands are
 * held back until it returns, and no client should be.
 */
export function limitQueue(queue: ExportQueue, limitMs: number): ApiQueue {
  const limited = <A extends unknown[], T>(work: (...args: A) => Promise<T>, ms = limitMs) => {
    return (...args: A): Promise<T> => withLimit(work(...args), ms);
  };
  // A status is answered without it, so it does not wait long for it.
  const briefMs = Math.min(limitMs, 500);
  return {
    enqueuePlan: limited((exportId) => queue.enqueuePlan(exportId)),
    enqueueCleanup: limited((exportId) => queue.enqueueCleanup(exportId)),
    // Takes as long as an export has parts, and no request waits for it.
    removeJobs: (exportId, partsTotal) => queue.removeJobs(exportId, partsTotal),
    takeSlot: limited((slot, exportId) => queue.takeSlot(slot, exportId)),
    replaceSlot: limited((slot, holder, exportId) => queue.replaceSlot(slot, holder, exportId)),
    freeSlot: limited((slot, exportId) => queue.freeSlot(slot, exportId)),
    publishCancel: limited((exportId) => queue.publishCancel(exportId)),
    countPoll: limited((key, exportId) => queue.countPoll(key, exportId), briefMs),
    ping: limited(() => queue.ping()),
    readQueues: limited(() => queue.readQueues()),
  };
}
