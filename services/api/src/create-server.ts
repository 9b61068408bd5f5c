import { readFileSync, watchFile } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { errorFacts, type Logger } from '@sluice/runtime';
import type { ApiSettings } from './settings.ts';

// Longer than the idle time of common load balancers, so that it is never us who hang up first.
const options = { keepAliveTimeout: 65_000, maxHeaderSize: 65_536 };
const lookEveryMs = 10_000;

/** Creates the HTTP server, with TLS if there is a certificate; a renewed one is taken up while it runs. */
export function createServer(
  { TLS_CERT, TLS_KEY }: Pick<ApiSettings, 'TLS_CERT' | 'TLS_KEY'>,
  log: Logger,
): Server {
  if (TLS_CERT === undefined || TLS_KEY === undefined) return createHttpServer(options);
  const context = () => ({
    cert: readFileSync(TLS_CERT),
    key: readFileSync(TLS_KEY),
    minVersion: 'TLSv1.2' as const,
  });
  const server = createHttpsServer({ ...options, ...context() });
  watchFile(TLS_CERT, { interval: lookEveryMs, persistent: false }, () => {
    try {
      server.setSecureContext(context());
      log.info('certificate read again');
    } catch (error) {
      log.error('certificate not usable', errorFacts(error));
    }
  });
  return server;
}
