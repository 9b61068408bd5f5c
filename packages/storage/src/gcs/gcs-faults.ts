import { StorageError } from '../errors.ts';
import { reasonOfStatus, type RetryReason } from '../retry-reason.ts';
import { storageFault } from '../storage-fault.ts';

/** An answer of Google's that is no success. */
export class GcsRefusal extends Error {
  readonly status: number;
  /** Google's word for it, such as `forbidden`, or none. */
  readonly reason: string | undefined;
  readonly retryAfterMs: number;

  constructor(status: number, retryAfter: string | undefined, body: unknown) {
    const { message, reason } = readErrorBody(body);
    super(message ?? `answered ${status}`);
    this.name = 'GcsRefusal';
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = parseRetryAfter(retryAfter);
  }
}

/** What was asked when it went wrong. */
export interface GcsOperation {
  /** Google's name of it, which is that of the permission too: `storage.objects.create`. */
  readonly name: string;
  readonly bucket: string;
}

/** Statuses, and reasons of a 403, that may pass by themselves. */
const passingStatuses = new Set([408, 429, 500, 502, 503, 504]);
const passingReasons = new Set(['rateLimitExceeded', 'userRateLimitExceeded']);

const keyAdvice =
  'check e-mail and private key of the service account, whether the key is still in force, and the clock of this machine';

const pemAdvice = 'the private key of the service account cannot be read: it has to be PEM';

/** A StorageError that says what is the matter with an operation. */
export function toStorageError(operation: GcsOperation, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const from = {
    store: `GCS bucket "${operation.bucket}"`,
    operation: operation.name,
    cause,
  };
  if (!(cause instanceof GcsRefusal)) {
    // A connection that could not be made, was cut or stalled.
    const { code } = cause as { code?: unknown };
    const reason = typeof code === 'string' ? code : undefined;
    return storageFault({ ...from, code: 'unavailable', reason });
  }
  const { status, reason = String(status), message } = cause;
  const told = { ...from, reason };
  if (passingStatuses.has(status) || passingReasons.has(reason)) {
    return storageFault({ ...told, code: 'unavailable' });
  }
  switch (status) {
    case 400:
      if (/CRC32C|hash/i.test(message)) return storageFault({ ...told, code: 'corrupt' });
      break;
    case 401:
      return storageFault({ ...told, code: 'misconfigured', advice: keyAdvice });
    case 403:
      return storageFault({ ...told, code: 'denied', advice: deniedAdvice(operation, cause) });
    case 404:
      if (/^The specified bucket/.test(message)) {
        const advice = 'there is no such bucket; create it, or name another';
        return storageFault({ ...told, code: 'misconfigured', advice });
      }
      return storageFault({ ...told, code: 'not-found' });
  }
  return storageFault({ ...told, code: 'misconfigured' });
}

/** A StorageError for what went wrong before anything was asked: the account has no token to show. */
export function toSignInError(bucket: string, cause: unknown): StorageError {
  const from = { store: `GCS bucket "${bucket}"`, operation: 'sign-in', cause };
  const { response, code, message } = cause as {
    response?: { status?: number; data?: { error?: unknown } };
    code?: unknown;
    message?: string;
  };
  const status = response?.status;
  if (status !== undefined && !passingStatuses.has(status)) {
    const { error } = response?.data ?? {};
    const reason = typeof error === 'string' ? error : String(status);
    return storageFault({ ...from, code: 'misconfigured', reason, advice: keyAdvice });
  }
  if (message?.includes('default credentials')) {
    const advice =
      'bulk-storage account not specified, and this process has no identity of its own; give it one, or name a service account';
    return storageFault({ ...from, code: 'misconfigured', advice });
  }
  if (typeof code === 'string' && code.startsWith('ERR_OSSL')) {
    return storageFault({ ...from, code: 'misconfigured', advice: pemAdvice });
  }
  const reason = status?.toString() ?? (typeof code === 'string' ? code : undefined);
  return storageFault({ ...from, code: 'unavailable', reason });
}

/** A StorageError for a URL that could not be signed. The SDK passes on the text of the fault alone. */
export function toSigningError(bucket: string, cause: unknown): StorageError {
  const from = { store: `GCS bucket "${bucket}"`, operation: 'signBlob', cause };
  const text = cause instanceof Error ? cause.message : '';
  if (/permission|denied|forbidden/i.test(text)) {
    const advice =
      'give the service account iam.serviceAccounts.signBlob on itself (role Service Account Token Creator)';
    return storageFault({ ...from, code: 'denied', advice });
  }
  if (/seven days/.test(text)) {
    return storageFault({ ...from, code: 'misconfigured', advice: 'URLs last seven days at most' });
  }
  if (/DECODER|PEM routines|asn1/i.test(text)) {
    return storageFault({ ...from, code: 'misconfigured', advice: pemAdvice });
  }
  if (/client_email|find credentials/.test(text)) {
    const advice = 'URLs are signed in the name of a service account, and there is none';
    return storageFault({ ...from, code: 'misconfigured', advice });
  }
  return storageFault({ ...from, code: 'unavailable' });
}

/** Why a request is sent again after a fault that may pass. */
export function retryReason({ cause }: StorageError): RetryReason {
  // Google has answered, and told that it kept none of the bytes.
  if (cause === undefined) return 'unavailable';
  const { status, reason = '' } = cause as Partial<GcsRefusal>;
  return passingReasons.has(reason) ? 'throttled' : reasonOfStatus(status);
}

function deniedAdvice({ name, bucket }: GcsOperation, { reason, message }: GcsRefusal): string {
  if (reason === 'retentionPolicyNotMet') return 'the bucket has a retention policy; take it off';
  if (/\bKMS\b/.test(message)) {
    return 'let the service agent of Cloud Storage encrypt and decrypt with the key';
  }
  // Whoever may create an object may need another permission to replace one.
  const permission = /storage\.objects\.[A-Za-z]+/.exec(message)?.[0] ?? name;
  return `give the account ${permission} on ${bucket}`;
}

function readErrorBody(body: unknown): { message?: string; reason?: string } {
  if (typeof body === 'string' && body !== '') return { message: body.slice(0, 500) };
  const { error } = (body ?? {}) as {
    error?: { message?: string; errors?: { reason?: string }[] } | string;
  };
  if (typeof error !== 'object')
    return error === undefined ? {} : { message: error, reason: error };
  const reason = error.errors?.[0]?.reason;
  return {
    ...(error.message !== undefined && { message: error.message }),
    ...(reason !== undefined && { reason }),
  };
}

function parseRetryAfter(header: string | undefined): number {
  if (header === undefined) return 0;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Math.max(0, ms || 0);
}
