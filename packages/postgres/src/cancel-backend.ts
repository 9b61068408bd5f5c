import { connect } from 'node:net';
import type { Client } from './pool.ts';

const cancelRequestCode = 80877102;
const connectLimitMs = 2000;
const answerLimitMs = 10_000;

interface BackendKey {
  readonly processID?: number | null;
  readonly secretKey?: number | null;
  readonly host?: string;
  readonly port?: number;
}

/**
 * Asks Postgres to cancel what a connection is doing (the protocol's CancelRequest, over a connection
 * of its own). Dropping the connection alone would leave the server writing until its next send fails.
 *
 * The other side is let close first, as libpq does: that says that the request has been passed on, and
 * pgbouncer 1.18 ends with all its connections when a client leaves before that.
 */
export async function cancelBackend(client: Client): Promise<void> {
  const { processID, secretKey, host, port } = client as unknown as BackendKey;
  if (!processID || !secretKey || !port) return;
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(cancelRequestCode, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: host ?? 'localhost' });
    socket.setTimeout(connectLimitMs, () => socket.destroy());
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.once('connect', () => {
      socket.setTimeout(answerLimitMs);
      socket.write(request);
      socket.resume();
    });
  });
}
