import { BlobServiceClient, StorageSharedKeyCredential, type RestError } from '@azure/storage-blob';
import { startAzurite } from '../servers/azurite.ts';
import { startEntra } from '../servers/entra.ts';
import { startFaultProxy, type Fault } from '../servers/fault-proxy.ts';
import { createSelfSignedCertificate } from '../servers/self-signed-certificate.ts';
import type { ProxiedStorage } from './proxied-storage.ts';

const bucket = 'exports';

/** The requests that a permission is for. Azurite knows none, so the proxy refuses them. */
const permissions: Readonly<Record<string, NonNullable<Fault['when']>>> = {
  'containers/blobs/read': ({ method }) => method === 'GET' || method === 'HEAD',
  'containers/blobs/write': ({ method }) => method === 'PUT',
  'containers/blobs/delete': ({ method }) => method === 'DELETE',
};

/** What the service refuses is a 403 with a name. */
function refusal(reason: string, when?: Fault['when']): Fault {
  return {
    kind: 'answer',
    status: 403,
    headers: { 'x-ms-error-code': reason, 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="utf-8"?><Error><Code>${reason}</Code></Error>`,
    ...(when && { when }),
  };
}

/** Azurite takes requests of any time; the service those within 15 minutes of its own. */
const outOfTime = refusal('AuthenticationFailed', ({ headers }) => {
  const dated = Date.parse(headers['x-ms-date']?.toString() ?? '');
  return Math.abs(dated - Date.now()) > 15 * 60_000;
});

/** Starts Azurite with a container, by account key. */
export async function startProxiedAzure(): Promise<ProxiedStorage> {
  const server = await startAzurite();
  const { endpoint, storageAccount, accountKey } = server;
  const proxy = await startFaultProxy(new URL(endpoint).origin);
  const credential = new StorageSharedKeyCredential(storageAccount, accountKey);
  const container = new BlobServiceClient(endpoint, credential).getContainerClient(bucket);
  await container.create();
  proxy.inject(outOfTime);
  const stops = [() => proxy.stop(), () => server.stop()];
  const place = {
    resourceType: 'AzureContainer',
    id: 'tests',
    storage: storageAccount,
    container: bucket,
  };
  return {
    env: {
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'azure',
      BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER: 'tests',
      BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT: `${proxy.url}/${storageAccount}`,
    },
    accounts: [
      { resourceType: 'AzureAccount', id: 'tests', key: accountKey },
      { ...place, account: { id: 'tests' } },
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
    deny: (permission) => {
      const when = permissions[permission];
      if (!when) throw new Error(`there is no permission ${permission}`);
      proxy.inject(refusal('AuthorizationPermissionMismatch', when));
      return Promise.resolve();
    },
    heal: () => {
      proxy.reset();
      proxy.inject(outOfTime);
      return Promise.resolve();
    },
    accessWithoutSigning: async () => {
      // A token goes over https alone, which is as far as it comes here.
      const tls = createSelfSignedCertificate();
      const entra = await startEntra(tls);
      const secure = await startFaultProxy(endpoint, { tls });
      stops.unshift(
        () => entra.stop(),
        () => secure.stop(),
      );
      secure.inject(refusal('AuthorizationPermissionMismatch'));
      const url = `${secure.url}/${storageAccount}`;
      const env = { ...entra.env, BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT: url };
      return { env, accounts: [place] };
    },
    stop: async () => {
      for (const stop of stops) await stop();
    },
  };
}
