import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that was asked for is taken by a program that is none of ours. */
export class PortInUseError extends Error {
  readonly code = 'port-in-use';
  readonly port: number;

  constructor(host: string, port: number) {
    super(`Port ${port} of ${host} is in use by another program; choose another port`);
    this.name = 'PortInUseError';
    this.port = port;
  }
}

/**
 * Finds a port of 127.0.0.1 on which nobody listens. It is free now, not reserved; it lies below the
 * range from which systems take the ports of outgoing connections, so none of those takes it.
 *
 * @param promised ports that others of ours will listen on soon
 */
export async function freePort(promised: ReadonlySet<number> = new Set()): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(15_000, 32_000);
    if (promised.has(port)) continue;
    if ((await listenFault('127.0.0.1', port)) === undefined) return port;
  }
  throw new Error('No free port between 15000 and 32000 was found');
}

/** Throws `PortInUseError` unless a server can listen there. */
export async function checkPortIsFree(host: string, port: number): Promise<void> {
  const fault = await listenFault(host, port);
  if (fault === undefined) return;
  if (fault.code === 'EADDRINUSE') throw new PortInUseError(host, port);
  throw new Error(`Cannot listen on port ${port} of ${host}: ${fault.message}`, { cause: fault });
}

async function listenFault(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  server.close();
  await once(server, 'close');
  return undefined;
}
