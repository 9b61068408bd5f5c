import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { createLogger } from '@sluice/runtime';
import { createSelfSignedCertificate } from '../../../test/servers/self-signed-certificate.ts';
import { createServer } from './create-server.ts';

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-tls-'));
  const { cert, key } = createSelfSignedCertificate();
  const files = { TLS_CERT: join(folder, 'tls.crt'), TLS_KEY: join(folder, 'tls.key') };
  await writeFile(files.TLS_CERT, cert);
  await writeFile(files.TLS_KEY, key);
  const limits = { MAX_CONNECTIONS: 100, REQUEST_TIMEOUT: 60_000, DOWNLOAD_STALL_TIMEOUT: 60_000 };
  server = createServer({ ...files, ...limits }, createLogger('test', 'error'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

/** The version that a client and the server agree on. */
async function agreed(options: ConnectionOptions): Promise<string | null> {
  const { port } = server.address() as AddressInfo;
  // What the client itself would refuse is not what is asked here.
  const anything = { rejectUnauthorized: false, ciphers: 'DEFAULT:@SECLEVEL=0' };
  const socket = connect({ host: '127.0.0.1', port, ...anything, ...options });
  try {
    await once(socket, 'secureConnect');
    return socket.getProtocol();
  } finally {
    socket.destroy();
  }
}

test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is spoken', async (version) => {
  expect(await agreed({ minVersion: version, maxVersion: version })).toBe(version);
});

test.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused by the server', async (version) => {
  const refused = agreed({ minVersion: version, maxVersion: version });
  await expect(refused).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
});
