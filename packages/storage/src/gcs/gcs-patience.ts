import { setTimeout as wait } from 'node:timers/promises';
import { StorageError } from '../errors.ts';
import type { OnRetry } from '../retry-reason.ts';
import { GcsRefusal, retryReason } from './gcs-faults.ts';

/** How long a store is waited for. Tests give shorter times and a clock of their own. */
export interface Patience {
  /** Longest that one request may take: a chunk of 8 MB at 140 KB/s, or a connection that stalled. */
  readonly requestMs: number;
  /** From the first fault on, how long a request is tried again. */
  readonly retryMs: number;
  /** Wait after the first fault; twice as long after each further one, up to 20 s. */
  readonly firstWaitMs: number;
  readonly onRetry: OnRetry;
  readonly now: () => number;
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<unknown>;
}

/** What suits a network and a store that are as they usually are. */
export const usualPatience: Patience = {
  requestMs: 60_000,
  retryMs: 90_000,
  firstWaitMs: 500,
  onRetry: () => undefined,
  now: () => performance.now(),
  wait: (ms, signal) => wait(ms, undefined, { signal }),
};

const longestWaitMs = 20_000;

/**
 * Does the work again while its fault is one that may pass, after a wait that grows, differs between
 * callers, and is never shorter than the store asks for (Retry-After). The work is told of the fault
 * before, so that it can find out how far it came.
 */
export async function persevere<T>(
  { retryMs, firstWaitMs, onRetry, now, wait: sleep }: Patience,
  work: (fault: StorageError | undefined) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  let fault: StorageError | undefined;
  let until = Infinity;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
    try {
      return await work(fault);
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'unavailable') throw error;
      fault = error;
      if (until === Infinity) until = now() + retryMs;
      const spread = waitMs * (0.75 + Math.random() / 2);
      const asked = error.cause instanceof GcsRefusal ? error.cause.retryAfterMs : 0;
      const pause = Math.max(spread, asked);
      if (now() + pause > until || signal?.aborted) throw error;
      await sleep(pause, signal).catch(() => {
        throw error;
      });
      onRetry(retryReason(error));
    }
  }
}
