import { startFaultProxy } from '../servers/fault-proxy.ts';
import { startGcsEmulator } from '../servers/gcs-emulator.ts';
import { startGcsGate } from '../servers/gcs-gate.ts';
import type { ProxiedStorage } from './proxied-storage.ts';

const bucket = 'exports';

/** Starts gcp-storage-emulator behind our gate, with a bucket and an account that may do everything. */
export async function startProxiedGcs(): Promise<ProxiedStorage> {
  const server = await startGcsEmulator();
  const gate = await startGcsGate(server.url, bucket);
  const proxy = await startFaultProxy(gate.url);
  let giveBack: () => void = () => undefined;
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
    deny: (permission) => {
      giveBack = gate.deny(permission);
      return Promise.resolve();
    },
    heal: () => {
      proxy.reset();
      giveBack();
      return Promise.resolve();
    },
    accessWithoutSigning: () => {
      giveBack = gate.deny('iam.serviceAccounts.signBlob');
      const env = {
        BOX_FHIR_BULK_STORAGE_GCP_SERVICE_ACCOUNT: '',
        BOX_FHIR_BULK_STORAGE_GCP_IAM_ENDPOINT: gate.url,
        GCE_METADATA_HOST: new URL(gate.url).host,
      };
      return Promise.resolve({ env, accounts: [] });
    },
    stop: async () => {
      await proxy.stop();
      await gate.stop();
      await server.stop();
    },
  };
}
