import { freePort } from '../support/free-port.ts';
import { serverProgram } from './available-servers.ts';
import type { GcsServer } from './gcs-emulator.ts';
import { runServer } from './run-server.ts';

/**
 * Starts fake-gcs-server on a free port. It keeps to preconditions, ranges, paging and compose; a resumable
 * upload that went wrong it ends with an object that is not whole.
 */
export async function startFakeGcs(): Promise<GcsServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await runServer({
    program: serverProgram('fake-gcs-server'),
    args: [
      ...['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)],
      ...['-external-url', url, '-public-host', `127.0.0.1:${port}`],
      ...['-backend', 'memory', '-log-level', 'warn'],
    ],
    isReady: async () => (await fetch(`${url}/_internal/healthcheck`)).ok,
  });
  return { ...server, url };
}
