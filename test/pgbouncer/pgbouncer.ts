import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '@sluice/embedded';
import { runServer, type ServerProcess } from '../servers/run-server.ts';

/** A pooler in front of a Postgres. */
export interface Pgbouncer extends ServerProcess {
  /** That Postgres, by way of the pooler. */
  readonly url: string;
}

/** Connections to Postgres that all processes of a test share; fewer than they would take for themselves. */
const poolSize = 8;

/** Starts pgbouncer, in transaction mode, in front of a Postgres; its settings are put into the folder. */
export async function startPgbouncer(databaseUrl: string, folder: string): Promise<Pgbouncer> {
  const port = await freePort();
  const file = join(folder, 'pgbouncer.ini');
  await writeFile(file, settings(new URL(databaseUrl), port));
  // It does not run as root.
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const server = await runServer({
    program: 'pgbouncer',
    args: ['--quiet', ...user, file],
    isReady: () => listens(port),
  });
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  return { ...server, url: url.href };
}

/**
 * Clients are let in as they come. Connections are given out in turn, so that what one transaction left in
 * its session would be met by the next one of somebody else. Socket buffers are small, or a whole part would
 * lie in them and its COPY be over at once. No startup parameter is ignored.
 */
function settings({ hostname, port, username, password }: URL, listenPort: number): string {
  const login = `user=${username} password='${decodeURIComponent(password)}'`;
  return `[databases]
* = host=${hostname} port=${port || '5432'} ${login}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
server_round_robin = 1
tcp_socket_buffer = 65536
max_client_conn = 1000
log_connections = 0
log_disconnections = 0
`;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } finally {
    socket.destroy();
  }
}
