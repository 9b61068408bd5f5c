import { freePort } from '../support/free-port.ts';
import { serverProgram } from './available-servers.ts';
import { runServer, type ServerProcess } from './run-server.ts';

/** A server of the JSON API of Google Cloud Storage that lets everyone in; see `startGcsGate`. */
export interface GcsServer extends ServerProcess {
  readonly url: string;
}

/**
 * Starts gcp-storage-emulator on a free port. It keeps to the protocol of resumable uploads (308 and Range,
 * the question how much has arrived); it knows no preconditions and no paging.
 */
export async function startGcsEmulator(): Promise<GcsServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await runServer({
    program: 'python3',
    args: [
      ...['-m', 'gcp_storage_emulator', 'start', '-q'],
      ...['--host', '127.0.0.1', '--port', String(port), '--in-memory'],
    ],
    env: { PYTHONPATH: serverProgram('gcp-storage-emulator') },
    isReady: async () => (await fetch(url)).ok,
  });
  return { ...server, url };
}
