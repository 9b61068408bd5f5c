/** Why a request was sent again; `sluice_storage_retries_total` says what each means. */
export type RetryReason = 'throttled' | 'unavailable' | 'connection' | 'corrupt';

/** Told of every request to a store that is sent again. */
export type OnRetry = (reason: RetryReason) => void;

/** What the status of a failed request says. None, or that of a success: the answer did not come, or not whole. */
export function reasonOfStatus(status = 0): RetryReason {
  if (status === 429) return 'throttled';
  return status >= 400 ? 'unavailable' : 'connection';
}
