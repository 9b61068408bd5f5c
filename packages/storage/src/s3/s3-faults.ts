import type { StorageError, StorageErrorCode } from '../errors.ts';
import type { S3Description } from '../storage-description.ts';
import { storageFault } from '../storage-fault.ts';

/** Requests of S3 that this backend makes, by their names in its API. */
export type S3Operation =
  | 'AbortMultipartUpload'
  | 'CompleteMultipartUpload'
  | 'CreateMultipartUpload'
  | 'DeleteObject'
  | 'DeleteObjects'
  | 'GetObject'
  | 'HeadObject'
  | 'ListMultipartUploads'
  | 'ListObjectsV2'
  | 'PutObject'
  | 'UploadPart'
  /** None of S3: finding the identity that signs the requests. */
  | 'sign-in';

/** Provider and bucket, as messages name them. */
export function nameOf({ bucket }: S3Description): string {
  return `S3 bucket "${bucket}"`;
}

/** Name of a fault in the words of S3, of the SDK or of Node; a bare status where S3 gave no name. */
export function reasonOf(error: unknown): string {
  const { name, code, message, $metadata } = error as SdkError;
  // Of all that the SDK says this alone has no name.
  if (message === 'Region is missing') return 'RegionMissing';
  // A HEAD has no body, so its faults have no name.
  const isNameless = !name || name === 'Error' || name === 'UnknownError' || name === 'Unknown';
  const status = $metadata?.httpStatusCode;
  return String((isNameless ? (code ?? status) : name) ?? 'Error').replace(/[^\w.-]/g, '');
}

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** What the SDK or S3 said, as the StorageError that tells what is wrong and what to do. */
export function s3Fault(
  cause: unknown,
  operation: S3Operation,
  description: S3Description,
): StorageError {
  const reason = reasonOf(cause);
  const [code, known] = knownFaults(description)[reason] ?? [codeOf(cause, reason)];
  const advice = code === 'denied' ? permissionAdvice(operation, description) : known;
  return storageFault({ code, store: nameOf(description), operation, reason, advice, cause });
}

/** By status where the name says nothing. What has no status never reached S3, or was lost on the way. */
function codeOf(error: unknown, reason: string): StorageErrorCode {
  if (reason.startsWith('KMS.')) return 'misconfigured';
  const status = (error as SdkError).$metadata?.httpStatusCode;
  if (status === 403) return 'denied';
  if (status === 404) return 'not-found';
  if (status === 507) return 'full';
  const isPermanent = status !== undefined && status >= 300 && status < 500;
  return isPermanent && status !== 408 && status !== 429 ? 'misconfigured' : 'unavailable';
}

type Known = readonly [StorageErrorCode, advice?: string];

function knownFaults({ region, bucket }: S3Description): Readonly<Record<string, Known>> {
  const elsewhere = `the bucket does not lie in ${region ?? 'the region'} that the settings name`;
  const unknownKey = 'the store knows no such access key; check the access key id of the account';
  const skew = 'the clock of this machine is wrong; set it';
  const expired = 'the credentials have expired; give the account new ones';
  return {
    AccessDenied: ['denied'],
    NoSuchBucket: ['misconfigured', `there is no bucket "${bucket}"; create it, or name another`],
    NoSuchKey: ['not-found'],
    // Whoever still has the part begins it anew; whoever lost it is told so.
    NoSuchUpload: ['unavailable', 'someone else has ended the upload; it is tried again'],
    InvalidAccessKeyId: ['misconfigured', unknownKey],
    SignatureDoesNotMatch: [
      'misconfigured',
      'the secret access key is not the one of the access key; check it',
    ],
    ExpiredToken: ['misconfigured', expired],
    PermanentRedirect: ['misconfigured', elsewhere],
    AuthorizationHeaderMalformed: ['misconfigured', elsewhere],
    RegionMissing: ['misconfigured', 'set the region that the bucket lies in'],
    RequestTimeTooSkewed: ['misconfigured', skew],
    RequestExpired: ['misconfigured', skew],
    CredentialsProviderError: [
      'misconfigured',
      'bulk-storage account not specified, and this process has no identity of its own (IRSA, EKS Pod Identity); give it one, or name an account',
    ],
    QuotaExceeded: ['full'],
    BadDigest: ['corrupt'],
    XAmzContentSHA256Mismatch: ['corrupt'],
    // The parts of an upload came to another size than we sent.
    InvalidPart: ['corrupt'],
    ConditionalRequestConflict: [
      'unavailable',
      'another writes the same object; it is tried again',
    ],
    PreconditionFailed: ['unavailable', 'another writes the same object; it is tried again'],
    NotImplemented: ['misconfigured', 'the store cannot do this; it is none that Sluice can use'],
  };
}

const onObjects = "on the bucket's objects";

function permissionAdvice(operation: S3Operation, description: S3Description): string {
  const { tags, encryptionKey } = description;
  const write =
    Object.keys(tags).length > 0 ? 's3:PutObject and s3:PutObjectTagging' : 's3:PutObject';
  const withKey =
    encryptionKey === undefined ? '' : ', and kms:GenerateDataKey and kms:Decrypt on the key';
  switch (operation) {
    case 'PutObject':
    case 'CreateMultipartUpload':
    case 'UploadPart':
    case 'CompleteMultipartUpload':
      return `give the account ${write} ${onObjects}${withKey}`;
    case 'HeadObject':
      return `give the account s3:GetObject ${onObjects}, and s3:ListBucket on the bucket`;
    case 'GetObject':
      return `give the account s3:GetObject ${onObjects}${withKey}`;
    case 'AbortMultipartUpload':
      return `give the account s3:AbortMultipartUpload ${onObjects}`;
    case 'DeleteObject':
    case 'DeleteObjects':
      return `give the account s3:DeleteObject ${onObjects}`;
    case 'ListMultipartUploads':
      return 'give the account s3:ListBucketMultipartUploads on the bucket';
    case 'ListObjectsV2':
      return 'give the account s3:ListBucket on the bucket';
    case 'sign-in':
      return 'let the identity of this process take on its role';
  }
}
