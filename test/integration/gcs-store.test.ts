import { randomUUID } from 'node:crypto';
import { GcsStore } from '../../packages/storage/src/gcs/gcs-store.ts';
import { withServer, type ServerName } from '../servers/available-servers.ts';
import { startFakeGcs } from '../servers/fake-gcs.ts';
import { startGcsEmulator, type GcsServer } from '../servers/gcs-emulator.ts';
import { startGcsGate, type GcsGate } from '../servers/gcs-gate.ts';
import { describeOutputStore, type StoreTraits } from '../support/output-store-contract.ts';

/**
 * The contract of stores against two servers, neither of which is faithful in all: gcp-storage-emulator
 * keeps to the protocol of resumable uploads, fake-gcs-server to paging, ranges and how objects are served.
 * Before both is our gate, which keeps Google's rules on tokens, permissions, signed URLs, preconditions and
 * sessions that end (test/servers/gcs-gate.ts). What goes wrong is in gcs-faults.test.ts.
 */
const servers: [ServerName, () => Promise<GcsServer>, StoreTraits][] = [
  // It has no paging.
  ['gcp-storage-emulator', startGcsEmulator, { manyObjects: 100 }],
  ['fake-gcs-server', startFakeGcs, { manyObjects: 2500 }],
];

describe.each(servers)('%s', (program, start, traits) => {
  withServer(program, () => {
    let server: GcsServer;
    let gate: GcsGate;

    beforeAll(async () => {
      server = await start();
      gate = await startGcsGate(server.url);
    });
    afterAll(async () => {
      await gate.stop();
      await server.stop();
    });

    const create = async () => {
      const prefix = `${randomUUID()}/`;
      const { email, privateKey } = gate.account;
      const description = {
        provider: 'gcp',
        bucket: gate.bucket,
        endpoint: gate.url,
        prefix,
        tags: {},
        serviceAccount: { email, privateKey, tokenUri: `${gate.url}/token` },
      } as const;
      const store = new GcsStore(description);
      const fill = async (keys: readonly string[]) => {
        for (let at = 0; at < keys.length; at += 5) {
          const some = keys.slice(at, at + 5).map(async (key) => {
            const name = encodeURIComponent(prefix + key);
            const path = `/upload/storage/v1/b/${gate.bucket}/o?uploadType=media&name=${name}`;
            // The emulator does not bear an empty body there.
            await (await fetch(server.url + path, { method: 'POST', body: '\n' })).text();
          });
          await Promise.all(some);
        }
      };
      const listEverything = async () =>
        [...(await gate.objects()), ...gate.openSessions()]
          .filter((name) => name.startsWith(prefix))
          .map((name) => name.slice(prefix.length))
          .sort();
      return Promise.resolve({ store, description, fill, listEverything });
    };
    describeOutputStore('GCS', create, { signsUrls: true, ...traits });
  });
});
