import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { stringify } from 'yaml';
import type { ServerName } from '../servers/available-servers.ts';
import { startFakeGcs } from '../servers/fake-gcs.ts';
import { startGcsGate } from '../servers/gcs-gate.ts';
import { startVersityGw } from '../servers/versitygw.ts';
import { AzureTestContainer, containerName } from './azure-container.ts';
import { tempFolder } from './temp-folder.ts';

/** An object store of this machine, and the settings that lead to it. */
export interface StorageBackend {
  readonly env: Readonly<Record<string, string>>;
  /** What the health check calls it. */
  readonly summary: object;
  /** Where its URLs lead. */
  readonly origin: string;
  /** Names of everything in it. */
  list(): Promise<string[]>;
  stop(): Promise<void>;
}

/** One object store for each provider, by the server that it needs. */
export const storageBackends: readonly {
  readonly name: string;
  readonly needs: ServerName | undefined;
  readonly start: () => Promise<StorageBackend>;
}[] = [
  { name: 'S3', needs: 'versitygw', start: startS3 },
  { name: 'Google Cloud Storage', needs: 'fake-gcs-server', start: startGcs },
  { name: 'Azure Blob Storage', needs: undefined, start: startAzure },
];

/** Settings have to lead to the test's server alone, whatever the machine has. */
const common = { BOX_FHIR_BULK_STORAGE_PREFIX: 'sluice/tests', FILE_STORAGE_DIR: '' };

async function startS3(): Promise<StorageBackend> {
  const server = await startVersityGw();
  const { url, region, root } = server;
  const Bucket = 'exports';
  const client = new S3Client({ endpoint: url, region, credentials: root, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket }));
  const account = { id: 'aws-account', resourceType: 'AwsAccount' };
  return {
    env: {
      ...common,
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'aws',
      BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT: account.id,
      BOX_FHIR_BULK_STORAGE_AWS_BUCKET: Bucket,
      BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT: url,
      ACCOUNTS_FILE: await writeAccounts({
        ...account,
        region,
        'access-key-id': root.accessKeyId,
        'secret-access-key': root.secretAccessKey,
      }),
    },
    summary: { type: 'aws', bucket: Bucket, account },
    origin: url,
    list: async () => {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key = '' }) => Key);
    },
    stop: () => server.stop(),
  };
}

async function startGcs(): Promise<StorageBackend> {
  const server = await startFakeGcs();
  const gate = await startGcsGate(server.url);
  const account = { id: 'gcp-service-account', resourceType: 'GcpServiceAccount' };
  return {
    env: {
      ...common,
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'gcp',
      BOX_FHIR_BULK_STORAGE_GCP_SERVICE_ACCOUNT: account.id,
      BOX_FHIR_BULK_STORAGE_GCP_BUCKET: gate.bucket,
      BOX_FHIR_BULK_STORAGE_GCP_ENDPOINT: gate.url,
      ACCOUNTS_FILE: await writeAccounts({
        ...account,
        'service-account-email': gate.account.email,
        'private-key': gate.account.privateKey,
        'token-uri': `${gate.url}/token`,
      }),
    },
    summary: { type: 'gcp', bucket: gate.bucket, account },
    origin: gate.url,
    list: () => gate.objects(),
    stop: async () => {
      await gate.stop();
      await server.stop();
    },
  };
}

async function startAzure(): Promise<StorageBackend> {
  const { server, client } = await AzureTestContainer.start();
  const { endpoint, storageAccount: storage, accountKey: key } = server;
  const account = { id: 'azure-account', resourceType: 'AzureAccount' };
  const container = { storage, container: containerName };
  return {
    env: {
      ...common,
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'azure',
      BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER: 'export-container',
      BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT: endpoint,
      ACCOUNTS_FILE: await writeAccounts(
        { ...account, key },
        { id: 'export-container', resourceType: 'AzureContainer', ...container, account },
      ),
    },
    summary: { type: 'azure', ...container, account },
    origin: new URL(endpoint).origin,
    list: async () => {
      const names: string[] = [];
      const blobs = client.listBlobsFlat({ includeUncommitedBlobs: true });
      for await (const { name } of blobs) names.push(name);
      return names;
    },
    stop: () => server.stop(),
  };
}

async function writeAccounts(...resources: object[]): Promise<string> {
  const path = join(await tempFolder('accounts'), 'accounts.yaml');
  await writeFile(path, resources.map((resource) => stringify(resource)).join('---\n'));
  return path;
}
