import { StorageError, type StorageErrorCode } from './errors.ts';

/** What is known of a fault, in the words of the provider. */
export interface StorageFault {
  readonly code: StorageErrorCode;
  /** Provider and place: `S3 bucket "exports"`. */
  readonly store: string;
  /** The provider's name of what was asked: `PutObject`. */
  readonly operation: string;
  /** The provider's name of the fault, or the status: `AccessDenied`, `503`. No text of a message. */
  readonly reason?: string | undefined;
  /** What to do about it, or what it was about; absent: what goes for every fault of this code. */
  readonly advice?: string | undefined;
  /** Goes into the log alone. */
  readonly cause?: unknown;
}

/**
 * Builds the StorageError of an object store. Its message is told to clients, e.g. `S3 bucket "exports"
 * refuses PutObject (AccessDenied): give the account s3:PutObject on the bucket's objects`. Whoever
 * calls it hands over neither a secret nor a URL.
 */
export function storageFault(fault: StorageFault): StorageError {
  const { code, store, operation, reason, advice = usualAdvice[code], cause } = fault;
  const named = reason ? `${operation} (${reason})` : operation;
  return new StorageError(code, `${store} ${verbs[code]} ${named}: ${advice}`, { cause });
}

const verbs: Record<StorageErrorCode, string> = {
  'not-found': 'does not find what was asked for by',
  denied: 'refuses',
  full: 'has no room for',
  'invalid-key': 'takes no such key in',
  misconfigured: 'refuses',
  fenced: 'is ahead of',
  corrupt: 'got other bytes than were sent by',
  unavailable: 'does not answer',
};

const usualAdvice: Record<StorageErrorCode, string> = {
  'not-found': 'there is no such object',
  denied: 'give the account the permission for it',
  full: 'free some, or raise the quota',
  'invalid-key': 'this is a fault of Sluice',
  misconfigured: 'check the storage settings',
  fenced: 'a later attempt has written this object',
  corrupt: 'something on the way there changes them',
  unavailable: 'it is tried again',
};
