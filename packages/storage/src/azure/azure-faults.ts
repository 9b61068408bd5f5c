import { StorageError, type StorageErrorCode } from '../errors.ts';
import { reasonOfStatus, type RetryReason } from '../retry-reason.ts';
import { storageFault } from '../storage-fault.ts';
import { requestFault, RequestFault } from './request-fault.ts';

/** The operations of the Blob service that are used, each with what permits it. */
const permissions = {
  PutBlob: 'containers/blobs/write',
  PutBlock: 'containers/blobs/write',
  PutBlockList: 'containers/blobs/write',
  GetBlob: 'containers/blobs/read',
  GetBlobProperties: 'containers/blobs/read',
  GetBlockList: 'containers/blobs/read',
  ListBlobs: 'containers/blobs/read',
  DeleteBlob: 'containers/blobs/delete',
  GetUserDelegationKey: 'generateUserDelegationKey',
} as const;

/** What the documentation of the Blob service calls a request. */
export type AzureOperation = keyof typeof permissions;

/**
 * What an error of the SDK means; one that is none of the SDK's is given back as it is.
 *
 * @param store what the message calls the store
 */
export function azureFault(store: string, operation: AzureOperation, error: unknown): unknown {
  const cause = requestFault(error);
  if (!cause) return error;
  const [code, advice] = judge(operation, cause);
  return storageFault({ store, operation, code, reason: cause.reason, advice, cause });
}

/** Why a request is sent again after a fault that passes. */
export function retryReason({ code, cause }: StorageError): RetryReason {
  if (code === 'corrupt') return 'corrupt';
  const { reason, status } = (cause ?? {}) as Partial<RequestFault>;
  return reason === 'ServerBusy' ? 'throttled' : reasonOfStatus(status);
}

/** Whether a request was refused for its condition: the object is not what it was seen to be. */
export function isConditionFault(error: unknown): boolean {
  return hasReason(error, ['ConditionNotMet', 'BlobAlreadyExists']);
}

/** Whether blocks that an object was to be made of are gone. */
export function isBlockFault(error: unknown): boolean {
  return hasReason(error, ['InvalidBlockList']);
}

/** The result, or `undefined` when the object is not there. */
export async function ifPresent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StorageError && error.code === 'not-found') return undefined;
    throw error;
  }
}

function hasReason(error: unknown, reasons: readonly string[]): boolean {
  const { cause } = error as Error;
  return cause instanceof RequestFault && reasons.includes(cause.reason);
}

type Verdict = readonly [code: StorageErrorCode, advice?: string];

function judge(operation: AzureOperation, { reason, status, skewMs }: RequestFault): Verdict {
  if (status === 403 && Math.abs(skewMs) > maxSkewMs) {
    return ['denied', 'set the clock of this machine, it is wrong by more than 15 minutes'];
  }
  const known = verdicts[reason];
  if (known) return known;
  if (/CERT|TLS|SSL|SIGNATURE$/.test(reason)) return untrusted;
  if (/^(AADSTS|A\w+Error$|Credential)/.test(reason)) return noIdentity;
  if (status === 401 || status === 403) return notPermitted(operation);
  if (status === 404) return ['not-found'];
  const passes = status === undefined || status === 408 || status === 429 || status >= 500;
  return passes ? ['unavailable'] : ['misconfigured'];
}

/** The service refuses what is dated further from its own time. */
const maxSkewMs = 15 * 60_000;

const wrongKey: Verdict = ['denied', 'check the account key, or the identity in its place'];
const walled: Verdict = [
  'denied',
  'check the account key, and that the firewall of the storage account lets this network in',
];
const noContainer: Verdict = ['misconfigured', 'create the container, or name another one'];
const noAccount: Verdict = ['misconfigured', 'there is no such storage account, check its name'];
const immutable: Verdict = ['denied', 'a policy or legal hold on the container forbids it'];
const leased: Verdict = ['denied', 'somebody holds a lease on the object'];
const tooLarge: Verdict = [
  'full',
  'the object is too large for the store, set MAX_FILE_BYTES lower',
];
const untrusted: Verdict = [
  'misconfigured',
  'its certificate is not trusted, name the authority in NODE_EXTRA_CA_CERTS',
];
const noIdentity: Verdict = [
  'misconfigured',
  'the workload identity gets no token, check its federated credential, or name an AzureAccount',
];

/** By the names of faults that say more than their status, or something else. */
const verdicts: Readonly<Record<string, Verdict | undefined>> = {
  AuthenticationFailed: wrongKey,
  InvalidAuthenticationInfo: wrongKey,
  NoAuthenticationInformation: wrongKey,
  AuthorizationFailure: walled,
  AuthorizationSourceIPMismatch: walled,
  KeyBasedAuthenticationNotPermitted: [
    'denied',
    'the storage account takes no account keys, use workload identity',
  ],
  AccountIsDisabled: ['denied', 'the storage account is disabled'],
  ResourceNotFound: noAccount,
  ENOTFOUND: noAccount,
  ContainerNotFound: noContainer,
  ContainerBeingDeleted: noContainer,
  ContainerDisabled: noContainer,
  Md5Mismatch: ['corrupt'],
  // Azurite's name of the same.
  InvalidOperation: ['corrupt'],
  // Of no use to ask again as it is: the writer knows what to do.
  InvalidBlockList: ['fenced', 'blocks of the object are gone'],
  ConditionNotMet: ['fenced', 'another writer was quicker'],
  BlobAlreadyExists: ['fenced', 'another writer was quicker'],
  BlobImmutableDueToPolicy: immutable,
  BlobImmutableDueToLegalHold: immutable,
  LeaseIdMissing: leased,
  BlockCountExceedsLimit: tooLarge,
  RequestBodyTooLarge: tooLarge,
};

function notPermitted(operation: AzureOperation): Verdict {
  const role =
    operation === 'GetUserDelegationKey'
      ? 'Storage Blob Delegator on the storage account'
      : 'Storage Blob Data Contributor on the container';
  return ['denied', `give the identity ${permissions[operation]}, e.g. by the role ${role}`];
}
