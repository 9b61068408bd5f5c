/** Stable names of storage faults. `unavailable` and `corrupt` may pass by themselves; the others will not. */
export type StorageErrorCode =
  | 'not-found'
  | 'denied'
  | 'full'
  | 'invalid-key'
  | 'misconfigured'
  | 'fenced'
  | 'corrupt'
  | 'unavailable';

/**
 * A fault of the store; `transient` says whether trying again can help. The message is told to clients:
 * it names provider, bucket, operation and what to do, and never a secret or a signed query.
 */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly transient: boolean;

  constructor(code: StorageErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'StorageError';
    this.code = code;
    this.transient = code === 'unavailable' || code === 'corrupt';
  }
}
