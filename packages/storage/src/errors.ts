/** Stable names of storage faults. `unavailable` may pass by itself; the others will not. */
export type StorageErrorCode = 'not-found' | 'denied' | 'full' | 'invalid-key' | 'unavailable';

/** A fault of the store; `transient` says whether trying again can help. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  readonly transient: boolean;

  constructor(code: StorageErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'StorageError';
    this.code = code;
    this.transient = code === 'unavailable';
  }
}
