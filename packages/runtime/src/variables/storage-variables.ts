import type { Variable } from './variable.ts';

/** Where output files go. */
export const storageVariables = {
  BOX_FHIR_BULK_STORAGE_PROVIDER: {
    kind: 'choice',
    choices: ['file', 'aws', 'gcp', 'azure'],
    description:
      'Where output files go: a folder that API and workers share (file), Amazon S3 or a store that speaks its protocol (aws), Google Cloud Storage (gcp), Azure Blob Storage (azure). Default: file if FILE_STORAGE_DIR is set.',
  },
  FILE_STORAGE_DIR: {
    kind: 'string',
    description: 'Folder of the output files with BOX_FHIR_BULK_STORAGE_PROVIDER=file.',
  },
  BOX_FHIR_BULK_STORAGE_AWS_BUCKET: { kind: 'string', description: 'Name of the S3 bucket.' },
  BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT: {
    kind: 'string',
    description: 'Id of the AwsAccount resource in ACCOUNTS_FILE. Default: workload identity.',
  },
  BOX_FHIR_BULK_STORAGE_AWS_REGION: {
    kind: 'string',
    description: 'Region of the bucket. Default: the region of the AwsAccount, else AWS_REGION.',
  },
  BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT: {
    kind: 'url',
    description: 'URL of a store that speaks the protocol of S3. Default: Amazon’s.',
  },
  BOX_FHIR_BULK_STORAGE_AWS_PATH_STYLE: {
    kind: 'boolean',
    description:
      'Whether the bucket is named in the path of a URL instead of its host name. Default: true with an endpoint of one’s own, else false.',
  },
  BOX_FHIR_BULK_STORAGE_GCP_BUCKET: {
    kind: 'string',
    description: 'Name of the Google Cloud Storage bucket.',
  },
  BOX_FHIR_BULK_STORAGE_GCP_SERVICE_ACCOUNT: {
    kind: 'string',
    description:
      'Id of the GcpServiceAccount resource in ACCOUNTS_FILE. Default: workload identity.',
  },
  BOX_FHIR_BULK_STORAGE_GCP_ENDPOINT: {
    kind: 'url',
    description:
      'URL of a server that speaks the protocol of Google Cloud Storage. Default: Google’s.',
  },
  BOX_FHIR_BULK_STORAGE_GCP_IAM_ENDPOINT: {
    kind: 'url',
    description:
      'URL of the IAM Service Account Credentials API that signs URLs for workload identity, such as one of Private Service Connect. Default: Google’s.',
  },
  BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER: {
    kind: 'string',
    description:
      'Id of the AzureContainer resource in ACCOUNTS_FILE. If that names no account: workload identity.',
  },
  BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT: {
    kind: 'url',
    description:
      'URL of the blob service of the storage account. Default: https://ACCOUNT.blob.core.windows.net.',
  },
  ACCOUNTS_FILE: {
    kind: 'string',
    description:
      'File with the account resources in YAML or JSON, or a folder of such files, as Kubernetes mounts a secret.',
  },
  BOX_FHIR_BULK_STORAGE_PREFIX: {
    kind: 'string',
    description:
      'Put before the name of every object, so that several deployments can share a bucket. Default: none.',
  },
  BOX_FHIR_BULK_STORAGE_CLASS: {
    kind: 'string',
    description:
      'Storage class of the objects, in the words of the provider: STANDARD_IA, NEARLINE, Cool. Default: that of the bucket.',
  },
  BOX_FHIR_BULK_STORAGE_TAGS: {
    kind: 'string',
    description:
      'Tags (aws, azure) or metadata (gcp) of every object: name=value,name=value. Default: none.',
  },
  BOX_FHIR_BULK_STORAGE_ENCRYPTION_KEY: {
    kind: 'string',
    description:
      'What the store encrypts with: KMS key (aws, gcp) or encryption scope (azure). Default: that of the bucket.',
  },
} as const satisfies Record<string, Variable>;
