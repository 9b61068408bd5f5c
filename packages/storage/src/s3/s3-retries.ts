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
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
};

/** Faults of the bytes on their way: sent again they may arrive whole. */
const damaged = new Set(['BadDigest', 'XAmzContentSHA256Mismatch']);
const maxDamagedRetries = 3;
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
  if (isDamage(fault)) {
    if (retries >= maxDamagedRetries) return undefined;
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

function isDamage({ error }: Fault): boolean {
  return damaged.has(error?.name ?? '');
}
