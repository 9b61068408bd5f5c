import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy in front of one server, whose connections can fall silent. */
export interface SilentProxy {
  /** The given URL, by way of the proxy. */
  readonly url: string;
  /** Connections that were made and pass bytes on. */
  connections(): number;
  /**
   * The connections there are pass nothing on any more, in either direction, and stay open: as behind a firewall
   * that has forgotten them. With `all`, so do those to come, until `restore`.
   */
  silence(which?: 'these' | 'all'): void;
  /** New connections pass bytes on again; the silent ones stay silent. */
  restore(): void;
  stop(): Promise<void>;
}

/** Starts a proxy on a free port of loopback for the server that a URL names. */
export async function startSilentProxy(target: string): Promise<SilentProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const passing = new Set<() => void>();
  let isSilent = false;

  const server = createServer((client) => {
    keep(client);
    if (isSilent) return;
    const upstream = keep(connect(Number(port), hostname));
    client.pipe(upstream).pipe(client);
    const hush = (): void => {
      client.unpipe(upstream).pause();
      upstream.unpipe(client).pause();
    };
    passing.add(hush);
    for (const [end, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      end.on('close', () => {
        if (passing.delete(hush)) other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    return socket;
  }

  return {
    url: url.href,
    connections: () => passing.size,
    silence: (which = 'these') => {
      isSilent = which === 'all';
      for (const hush of passing) hush();
      passing.clear();
    },
    restore: () => (isSilent = false),
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
