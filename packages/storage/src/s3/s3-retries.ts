import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { reasonOfStatus, type OnRetry, type RetryReason } from '../retry-reason.ts';

/** What the SDK asks whether, and when, a request is sent again. */
type Retries = Extract<
  NonNullable<S3ClientConfig['retryStrategy']>,
  { refreshRetryTokenForRetry: unknown }
>;
type Token = Awaited<ReturnType<Retries['acquireInitialRetryToken']>>;
/** What the SDK found of a fault, and the error, which is in it whatever its type says. */
type Fault = Parameters<Retries['refreshRetryTokenForRetry']>[1] & {
  readonly error?: {
    readonly name?: string;
    readonly $metadata?: {
      readonly httpStatusCode?: number;
      /** The SDK has noted that our clock is wrong, and signs by the store's from now on. */
      readonly clockSkewCorrected?: boolean;
    };
  };
};

/** Faults of the bytes on their way: sent again they may arrive whole. */
const damaged = new Set(['BadDigest', 'XAmzContentSHA256Mismatch']);
/** Of what helps at once if at all. */
const maxHopefulRetries = 3;
const longestDelayMs = 5_000;

/**
 * Tries a request again, with growing delays and jitter, until `patienceMs` have passed since it was first
 * sent. The SDK's own strategy counts attempts, takes them from a budget that all requests share, and waits
 * five seconds at most of what Retry-After says: a store that is away for half a minute uses that up.
 */
export function patientRetries(patienceMs: number, onRetry: OnRetry): Retries {
  return {
    acquireInitialRetryToken: () =>
      Promise.resolve(new RetryToken(0, 0, performance.now() + patienceMs)),
    refreshRetryTokenForRetry: (token, fault: Fault) => {
      const { deadline } = token as RetryToken;
      const retries = token.getRetryCount();
      const delayMs = retryDelayMs(retries, fault);
      if (delayMs === undefined || performance.now() + delayMs > deadline) {
        return Promise.reject(new Error('the request is not sent again'));
      }
      onRetry(retryReason(fault));
      return Promise.resolve(new RetryToken(retries + 1, delayMs, deadline));
    },
    recordSuccess: () => undefined,
  };
}

class RetryToken implements Token {
  readonly deadline: number;
  readonly #retries: number;
  readonly #delayMs: number;

  constructor(retries: number, delayMs: number, deadline: number) {
    this.#retries = retries;
    this.#delayMs = delayMs;
    this.deadline = deadline;
  }

  getRetryCount(): number {
    return this.#retries;
  }

  getRetryDelay(): number {
    return this.#delayMs;
  }
}

/** How long to wait; `undefined` when it would be of no use. */
function retryDelayMs(retries: number, fault: Fault): number | undefined {
  const { errorType, retryAfterHint } = fault;
  if (isRefusal(fault)) return undefined;
  if (isDamage(fault) || isByClock(fault)) {
    if (retries >= maxHopefulRetries) return undefined;
  } else if (errorType !== 'TRANSIENT' && errorType !== 'THROTTLING') {
    return undefined;
  }
  const baseMs = errorType === 'THROTTLING' ? 500 : 100;
  const backoffMs = Math.min(baseMs * 2 ** retries, longestDelayMs) * (0.5 + Math.random() / 2);
  return Math.max(backoffMs, (retryAfterHint?.getTime() ?? 0) - Date.now());
}

function retryReason(fault: Fault): RetryReason {
  if (isDamage(fault)) return 'corrupt';
  if (fault.errorType === 'THROTTLING') return 'throttled';
  return reasonOfStatus(fault.error?.$metadata?.httpStatusCode);
}

/**
 * Where the clock is wrong, the SDK takes every answer but a good one for the clock's fault, and says of a
 * 404 too that it would pass.
 */
function isRefusal(fault: Fault): boolean {
  const { name, $metadata: { httpStatusCode: status = 0, clockSkewCorrected } = {} } =
    fault.error ?? {};
  if (!clockSkewCorrected || fault.errorType !== 'TRANSIENT') return false;
  const passes = [403, 408].includes(status) || name === 'RequestTimeout' || isDamage(fault);
  return status >= 400 && status < 500 && !passes;
}

/** What the clock may be the cause of: a HEAD does not say. */
function isByClock({ error }: Fault): boolean {
  const { httpStatusCode, clockSkewCorrected } = error?.$metadata ?? {};
  return clockSkewCorrected === true && httpStatusCode === 403;
}

function isDamage({ error }: Fault): boolean {
  return damaged.has(error?.name ?? '');
}
