import type { AccountReference } from './accounts/account-resources.ts';

/** A folder of this machine, or of a volume that API and workers share. */
export interface FileDescription {
  readonly provider: 'file';
  readonly root: string;
}

/** What the object stores have in common. */
export interface BucketDescription {
  /** Put before every key, with a slash at its end; empty: none. */
  readonly prefix: string;
  /** URL of another server that speaks the provider's protocol; absent: the provider's own. */
  readonly endpoint?: string;
  /** Words of the provider, e.g. STANDARD_IA, NEARLINE, Cool; absent: the bucket's default. */
  readonly storageClass?: string;
  /** Set on every object: tags (S3, Azure) or metadata (GCS). */
  readonly tags: Readonly<Record<string, string>>;
  /** Resource name of the key the store encrypts with: KMS key (S3, GCS), encryption scope (Azure). */
  readonly encryptionKey?: string;
  /** The resource that the keys are from; absent: workload identity. */
  readonly account?: AccountReference;
}

/** Amazon S3, or a store that speaks its protocol. */
export interface S3Description extends BucketDescription {
  readonly provider: 'aws';
  readonly bucket: string;
  readonly region?: string;
  /** The bucket in the path of the URL, not in its host name. */
  readonly pathStyle: boolean;
  /** Absent: workload identity, the SDK's default chain. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Google Cloud Storage. */
export interface GcsDescription extends BucketDescription {
  readonly provider: 'gcp';
  readonly bucket: string;
  /** Absent: workload identity, application default credentials; URLs are signed through IAM signBlob. */
  readonly serviceAccount?: {
    readonly email: string;
    readonly privateKey: string;
    /** Where the key is exchanged for tokens, as `token_uri` of a key file; absent: Google's. */
    readonly tokenUri?: string;
  };
  /** URL of another IAM Service Account Credentials API, which has signBlob; absent: Google's. */
  readonly signingEndpoint?: string;
}

/** Azure Blob Storage. */
export interface AzureDescription extends BucketDescription {
  readonly provider: 'azure';
  readonly container: string;
  /** Name of the storage account. */
  readonly storageAccount: string;
  /** Base64. Absent: workload identity, URLs are signed with a user delegation key. */
  readonly accountKey?: string;
}

/** Where output files go, checked and complete: what `describeStorage` makes of the settings. */
export type StorageDescription =
  FileDescription | S3Description | GcsDescription | AzureDescription;
