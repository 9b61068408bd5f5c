import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import type { Provider } from './proxied-storage.ts';

type Settings = Readonly<Record<string, string>>;

/** Something wrong with a worker's access to its store that no waiting mends, and what an export makes of it. */
export interface StorageMistake {
  readonly what: string;
  /** Settings that differ from the right ones. */
  readonly env?: (right: Settings) => Settings;
  /** Members of account resources that do. */
  readonly account?: Settings;
  /** The permission that is missing, by the provider's name of it. */
  readonly denied?: string;
  /** The client of an export that failed is told what is the matter; of one that completed, readiness tells. */
  readonly ends: 'failed' | 'completed';
  /** Absent: nothing is the matter. */
  readonly told?: string;
}

const clockAhead = {
  what: 'a clock that is ahead by an hour',
  env: () => ({
    NODE_OPTIONS: `--import ${join(import.meta.dirname, 'clock-ahead.mjs')}`,
    CLOCK_AHEAD_MS: '3600000',
  }),
};

const s3: readonly StorageMistake[] = [
  {
    what: 'a wrong secret',
    account: { 'secret-access-key': 'a-secret-that-nobody-gave-out' },
    ends: 'failed',
    told: 'S3 bucket "exports" refuses CreateMultipartUpload (SignatureDoesNotMatch): the secret access key is not the one of the access key; check it',
  },
  {
    what: 'an unknown access key',
    account: { 'access-key-id': 'AKIAUNKNOWN' },
    ends: 'failed',
    told: 'S3 bucket "exports" refuses CreateMultipartUpload (InvalidAccessKeyId): the store knows no such access key; check the access key id',
  },
  {
    what: 'a wrong region',
    account: { region: 'eu-west-1' },
    ends: 'failed',
    told: 'S3 bucket "exports" refuses CreateMultipartUpload (AuthorizationHeaderMalformed): the bucket does not lie in eu-west-1 that the settings name',
  },
  {
    what: 'a missing bucket',
    env: () => ({ BOX_FHIR_BULK_STORAGE_AWS_BUCKET: 'nowhere' }),
    ends: 'failed',
    told: 'S3 bucket "nowhere" refuses CreateMultipartUpload (NoSuchBucket): there is no bucket "nowhere"; create it, or name another',
  },
  // Amazon's SDK takes the time from the store.
  { ...clockAhead, ends: 'completed' },
  {
    ...without('s3:PutObject'),
    ends: 'failed',
    told: `S3 bucket "exports" refuses CreateMultipartUpload (AccessDenied): give the account s3:PutObject on the bucket's objects`,
  },
  {
    ...without('s3:GetObject'),
    ends: 'failed',
    told: `S3 bucket "exports" refuses HeadObject (AccessDenied): give the account s3:GetObject on the bucket's objects`,
  },
  {
    ...without('s3:ListBucket'),
    ends: 'failed',
    told: 'S3 bucket "exports" refuses ListObjectsV2 (AccessDenied): give the account s3:ListBucket on the bucket',
  },
  {
    ...without('s3:ListBucketMultipartUploads'),
    ends: 'failed',
    told: 'S3 bucket "exports" refuses ListMultipartUploads (AccessDenied): give the account s3:ListBucketMultipartUploads on the bucket',
  },
  {
    ...without('s3:DeleteObject'),
    ends: 'completed',
    told: `S3 bucket "exports" refuses DeleteObject (AccessDenied): give the account s3:DeleteObject on the bucket's objects`,
  },
  // Used, and missed, when an upload has to be given up.
  { ...without('s3:AbortMultipartUpload'), ends: 'completed' },
];

const signInRefused =
  'GCS bucket "exports" refuses sign-in (invalid_grant): check e-mail and private key of the service account, whether the key is still in force, and the clock of this machine';

const gcs: readonly StorageMistake[] = [
  {
    what: 'the key of another account',
    account: { 'private-key': newPrivateKey() },
    ends: 'failed',
    told: signInRefused,
  },
  {
    what: 'an unknown account',
    account: { 'service-account-email': 'nobody@sluice-tests.iam.gserviceaccount.com' },
    ends: 'failed',
    told: signInRefused,
  },
  {
    what: 'a missing bucket',
    env: () => ({ BOX_FHIR_BULK_STORAGE_GCP_BUCKET: 'nowhere' }),
    ends: 'failed',
    told: 'GCS bucket "nowhere" refuses storage.objects.create (notFound): there is no such bucket; create it, or name another',
  },
  { ...clockAhead, ends: 'failed', told: signInRefused },
  // Delete too: the marker beside an object of several parts has to go.
  ...['create', 'get', 'list', 'delete'].map((verb) => ({
    ...without(`storage.objects.${verb}`),
    ends: 'failed' as const,
    told: `GCS bucket "exports" refuses storage.objects.${verb} (forbidden): give the account storage.objects.${verb} on exports`,
  })),
];

const role = 'e.g. by the role Storage Blob Data Contributor on the container';

const azure: readonly StorageMistake[] = [
  {
    what: 'a wrong key',
    account: { key: Buffer.from('a secret that nobody gave out').toString('base64') },
    ends: 'failed',
    told: 'Azure container "exports" refuses PutBlock (AuthorizationFailure): check the account key',
  },
  {
    what: 'an unknown account',
    env: ({ BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT: url = '' }) => ({
      BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT: new URL('/nobody', url).href,
    }),
    account: { storage: 'nobody' },
    ends: 'failed',
    told: 'Azure container "exports" refuses PutBlock (ResourceNotFound): there is no such storage account, check its name',
  },
  {
    what: 'a missing container',
    account: { container: 'nowhere' },
    ends: 'failed',
    told: 'Azure container "nowhere" refuses PutBlock (ContainerNotFound): create the container, or name another one',
  },
  {
    ...clockAhead,
    ends: 'failed',
    told: 'Azure container "exports" refuses PutBlock (AuthenticationFailed): set the clock of this machine',
  },
  {
    ...without('containers/blobs/write'),
    ends: 'failed',
    told: `Azure container "exports" refuses PutBlock (AuthorizationPermissionMismatch): give the identity containers/blobs/write, ${role}`,
  },
  {
    ...without('containers/blobs/read'),
    ends: 'failed',
    told: `(AuthorizationPermissionMismatch): give the identity containers/blobs/read, ${role}`,
  },
  {
    ...without('containers/blobs/delete'),
    ends: 'completed',
    told: `Azure container "exports" refuses DeleteBlob (AuthorizationPermissionMismatch): give the identity containers/blobs/delete, ${role}`,
  },
];

/** What can be wrong with each provider. */
export const storageMistakes: Readonly<Record<Provider, readonly StorageMistake[]>> = {
  S3: s3,
  'Google Cloud Storage': gcs,
  'Azure Blob Storage': azure,
};

/** What a client is told by an API that may not sign URLs. With S3 whoever may read may sign. */
export const toldWithoutSigning: Readonly<Partial<Record<Provider, string>>> = {
  'Google Cloud Storage':
    'GCS bucket "exports" refuses signBlob: give the service account iam.serviceAccounts.signBlob on itself',
  'Azure Blob Storage':
    'Azure container "exports" refuses GetUserDelegationKey (AuthorizationPermissionMismatch): give the identity generateUserDelegationKey',
};

function without(permission: string): { readonly what: string; readonly denied: string } {
  return { what: `${permission} alone missing`, denied: permission };
}

function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
