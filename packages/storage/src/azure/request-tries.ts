import { setTimeout as wait } from 'node:timers/promises';
import { StorageError } from '../errors.ts';

/** How long a request is tried again, and when a connection counts as dead. */
export interface TryLimits {
  /** From the first try to the begin of the last one. */
  readonly totalMs: number;
  /** Without a byte in either direction. */
  readonly stallMs: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

/** A storm of refusals of some 20 s is outlasted, and a server's restart. */
export const usualLimits: TryLimits = {
  totalMs: 60_000,
  stallMs: 30_000,
  firstDelayMs: 200,
  longestDelayMs: 8_000,
};

/** What one try hands to the request it makes. */
export interface Try {
  /** Ends the request when its connection is dead. */
  readonly abortSignal: AbortSignal;
  /** To be called whenever bytes have moved. */
  readonly onProgress: () => void;
}

/** A connection on which nothing has moved for too long. */
export class StallError extends Error {
  constructor(ms: number) {
    super(`nothing has moved on the connection for ${ms} ms`);
    this.name = 'StallError';
  }
}

/** What is asked for the time, and to let it pass. */
export interface TryClock {
  now(): number;
  /** Resolves early when the signal is aborted. */
  wait(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

const usualClock: TryClock = {
  now: () => performance.now(),
  wait: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
};

/** What a loop over tries needs besides what it tries. */
export interface TryOptions {
  readonly limits: TryLimits;
  /** Tells what an error means; whatever is not a transient StorageError is not tried again. */
  readonly toFault: (error: unknown) => unknown;
  /** Told of the fault after which a request is sent again, right before it is. */
  readonly onRetry: (fault: StorageError) => void;
  readonly clock?: TryClock | undefined;
  /** Once it is aborted a failed request is not tried again; one under way may still succeed. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a request, and again while it fails for reasons that pass: after a delay that doubles, with
 * jitter, or after what the server asks for. The SDK's own loop has neither jitter nor Retry-After, takes
 * a 429 for final, and waits on a dead connection for ever.
 */
export async function tryRequest<T>(
  request: (attempt: Try) => Promise<T>,
  { limits, toFault, onRetry, clock = usualClock, signal }: TryOptions,
): Promise<T> {
  const last = clock.now() + limits.totalMs;
  for (let failures = 0; ; failures += 1) {
    try {
      return await watch(request, limits.stallMs);
    } catch (error) {
      const fault = toFault(error);
      const delayMs = Math.max(delayAfter(failures, limits), retryAfterMs(error));
      const isTransient = fault instanceof StorageError && fault.transient;
      if (!isTransient || clock.now() + delayMs > last) throw fault;
      await clock.wait(delayMs, signal);
      if (signal?.aborted) throw fault;
      onRetry(fault);
    }
  }
}

/** Between half and the whole of a delay that doubles. */
export function delayAfter(failures: number, limits: TryLimits, random = Math.random()): number {
  const whole = Math.min(limits.longestDelayMs, limits.firstDelayMs * 2 ** failures);
  return whole * (0.5 + random / 2);
}

/** What the answer asks for, in seconds or as a date; 0 when it asks for nothing. */
export function retryAfterMs(error: unknown, now = Date.now()): number {
  const { response } = error as {
    response?: { headers?: { get(name: string): string | undefined } };
  };
  const text = response?.headers?.get('retry-after');
  if (text === undefined) return 0;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Math.max(0, ms || 0);
}

async function watch<T>(request: (attempt: Try) => Promise<T>, stallMs: number): Promise<T> {
  const dead = new AbortController();
  const timer = setTimeout(() => dead.abort(), stallMs);
  try {
    return await request({ abortSignal: dead.signal, onProgress: () => timer.refresh() });
  } catch (error) {
    throw dead.signal.aborted ? new StallError(stallMs) : error;
  } finally {
    clearTimeout(timer);
  }
}
