import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient, StorageSharedKeyCredential, type RestError } from '@azure/storage-blob';
import type { ServerName } from '../servers/available-servers.ts';
import { startAzurite } from '../servers/azurite.ts';
import { startFaultProxy, type Fault, type FaultProxy } from '../servers/fault-proxy.ts';
import { startGcsEmulator } from '../servers/gcs-emulator.ts';
import { startGcsGate } from '../servers/gcs-gate.ts';
import { startVersityGw } from '../servers/versitygw.ts';

/** A store to export to, with a proxy on the way there. */
export interface ProxiedStorage {
  /** What names it to API and worker, without the resources of ACCOUNTS_FILE. */
  readonly env: Readonly<Record<string, string>>;
  readonly accounts: readonly object[];
  readonly proxy: FaultProxy;
  /** Whether a request brings bytes of an object that is written in several. */
  readonly isPart: NonNullable<Fault['when']>;
  /** Something for each upload that is neither complete nor aborted. */
  readonly listUnfinished: () => Promise<string[]>;
  readonly stop: () => Promise<void>;
}

/** One object store for each provider, by the server that it needs. */
export const proxiedStorages: readonly {
  readonly name: string;
  readonly needs: ServerName | undefined;
  readonly start: () => Promise<ProxiedStorage>;
}[] = [
  { name: 'S3', needs: 'versitygw', start: startS3 },
  { name: 'Google Cloud Storage', needs: 'gcp-storage-emulator', start: startGcs },
  { name: 'Azure Blob Storage', needs: undefined, start: startAzure },
];

const bucket = 'exports';

async function startS3(): Promise<ProxiedStorage> {
  const server = await startVersityGw();
  const proxy = await startFaultProxy(server.url);
  const { url: endpoint, region, root: credentials } = server;
  const owner = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await owner.send(new CreateBucketCommand({ Bucket: bucket }));
  return {
    env: {
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'aws',
      BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT: 'tests',
      BOX_FHIR_BULK_STORAGE_AWS_BUCKET: bucket,
      BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT: proxy.url,
    },
    accounts: [
      {
        resourceType: 'AwsAccount',
        id: 'tests',
        region,
        'access-key-id': credentials.accessKeyId,
        'secret-access-key': credentials.secretAccessKey,
      },
    ],
    proxy,
    isPart: ({ url }) => url.includes('partNumber='),
    listUnfinished: async () => {
      const { Uploads = [] } = await owner.send(
        new ListMultipartUploadsCommand({ Bucket: bucket }),
      );
      return Uploads.map(({ Key = '' }) => Key);
    },
    stop: async () => {
      await proxy.stop();
      await server.stop();
    },
  };
}

async function startGcs(): Promise<ProxiedStorage> {
  const server = await startGcsEmulator();
  const gate = await startGcsGate(server.url, bucket);
  const proxy = await startFaultProxy(gate.url);
  return {
    env: {
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'gcp',
      BOX_FHIR_BULK_STORAGE_GCP_SERVICE_ACCOUNT: 'tests',
      BOX_FHIR_BULK_STORAGE_GCP_BUCKET: bucket,
      BOX_FHIR_BULK_STORAGE_GCP_ENDPOINT: proxy.url,
    },
    accounts: [
      {
        resourceType: 'GcpServiceAccount',
        id: 'tests',
        'service-account-email': gate.account.email,
        'private-key': gate.account.privateKey,
        'token-uri': `${gate.url}/token`,
      },
    ],
    proxy,
    isPart: ({ method, url }) => method === 'PUT' && url.includes('upload_id='),
    listUnfinished: async () => {
      const markers = (await gate.objects()).filter((name) => name.includes('/.upload-'));
      return [...gate.openSessions(), ...markers];
    },
    stop: async () => {
      await proxy.stop();
      await gate.stop();
      await server.stop();
    },
  };
}

async function startAzure(): Promise<ProxiedStorage> {
  const server = await startAzurite();
  const { endpoint, storageAccount, accountKey } = server;
  const proxy = await startFaultProxy(new URL(endpoint).origin);
  const credential = new StorageSharedKeyCredential(storageAccount, accountKey);
  const container = new BlobServiceClient(endpoint, credential).getContainerClient(bucket);
  await container.create();
  return {
    env: {
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'azure',
      BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER: 'tests',
      BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT: `${proxy.url}/${storageAccount}`,
    },
    accounts: [
      { resourceType: 'AzureAccount', id: 'tests', key: accountKey },
      {
        resourceType: 'AzureContainer',
        id: 'tests',
        storage: storageAccount,
        container: bucket,
        account: { id: 'tests' },
      },
    ],
    proxy,
    isPart: ({ url }) => /comp=block(&|$)/.test(url),
    listUnfinished: async () => {
      const found: string[] = [];
      for await (const { name } of container.listBlobsFlat({ includeUncommitedBlobs: true })) {
        // One that was listed may be gone by now.
        const blocks = await container
          .getBlockBlobClient(name)
          .getBlockList('uncommitted')
          .catch((error: unknown) => {
            if ((error as RestError).statusCode !== 404) throw error;
            return undefined;
          });
        if (blocks?.uncommittedBlocks?.length) found.push(name);
      }
      return found;
    },
    stop: async () => {
      await proxy.stop();
      await server.stop();
    },
  };
}
