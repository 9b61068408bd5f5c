import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient, StorageSharedKeyCredential, type RestError } from '@azure/storage-blob';
import { startAzurite } from '../servers/azurite.ts';
import { withServer } from '../servers/available-servers.ts';
import { startFaultProxy, type Fault, type FaultProxy } from '../servers/fault-proxy.ts';
import { startGcsEmulator } from '../servers/gcs-emulator.ts';
import { startGcsGate } from '../servers/gcs-gate.ts';
import { startVersityGw } from '../servers/versitygw.ts';
import { Deployment } from '../support/deployment.ts';
import { begin, checksums, download, finished, runExport } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import type { TestService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** A store to export to, with a proxy on the way there. */
interface Backend {
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

const bucket = 'exports';

async function startS3(): Promise<Backend> {
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

async function startGcs(): Promise<Backend> {
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

async function startAzure(): Promise<Backend> {
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

/** A worker killed with `kill -9` in the middle of the upload of a file of several parts. */
function killedUpload(start: () => Promise<Backend>): void {
  let backend: Backend;
  let deployment: Deployment;
  let base: string;

  beforeAll(async () => {
    backend = await start();
    const accounts = join(await tempFolder('accounts'), 'accounts.json');
    await writeFile(accounts, JSON.stringify(backend.accounts));
    deployment = await Deployment.create({
      ...backend.env,
      ACCOUNTS_FILE: accounts,
      PART_LEASE: '2s',
      HOUSEKEEPING_INTERVAL: '500ms',
    });
    await storeSampleData(deployment.database.pool, [
      { type: 'Observation', count: 20_000, bytes: 1_500 },
    ]);
    ({ base } = await deployment.startApi());
  }, 60_000);
  afterAll(async () => {
    // Requests that still stall end here, and with them what waits for them.
    backend.proxy.reset();
    await deployment.drop();
    await backend.stop();
  });

  /** Begins an export and kills the worker while the second part of its file is on the way. */
  const beginAndKill = async (victim: TestService): Promise<string> => {
    const { proxy, isPart, listUnfinished } = backend;
    proxy.reset();
    let parts = 0;
    const isLater: Fault['when'] = (request) => isPart(request) && (parts += 1) > 1;
    const heal = proxy.inject({ kind: 'stall', to: 'request', after: 100_000, when: isLater });
    const statusUrl = await begin(base);
    await waitFor(() => proxy.requests.some(({ fault }) => fault === 'stall'), 30_000);
    await waitFor(async () => (await listUnfinished()).length > 0);
    await victim.kill('SIGKILL');
    heal();
    return statusUrl;
  };

  test('leaves nothing unfinished, and the export the files of an undisturbed one', async () => {
    const victim = await deployment.startWorker();
    const undisturbed = await runExport(base);
    expect(undisturbed.output).toHaveLength(1);
    expect(await backend.listUnfinished()).toEqual([]);

    const statusUrl = await beginAndKill(victim);
    const next = await deployment.startWorker();
    const manifest = await finished(statusUrl);
    expect(await backend.listUnfinished()).toEqual([]);
    expect(checksums(manifest)).toEqual(checksums(undisturbed));
    for (const item of manifest.output) await download(item);
    await next.stop();
  }, 120_000);

  test('leaves nothing unfinished when the export is cancelled then', async () => {
    const statusUrl = await beginAndKill(await deployment.startWorker());
    expect((await fetch(statusUrl, { method: 'DELETE' })).status).toBe(202);
    await deployment.startWorker();
    const { listUnfinished } = backend;
    await waitFor(async () => (await listUnfinished()).length === 0, 30_000);
  }, 120_000);
}

describe('a worker killed while it uploads to S3', () => {
  withServer('versitygw', () => killedUpload(startS3));
});

describe('a worker killed while it uploads to Google Cloud Storage', () => {
  withServer('gcp-storage-emulator', () => killedUpload(startGcs));
});

describe('a worker killed while it uploads to Azure Blob Storage', () => killedUpload(startAzure));
