import { readFileSync, watchFile } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { errorFacts, type Logger } from '@sluice/runtime';
import { answerBrokenRequests } from './answer-broken-requests.ts';
import type { ApiSettings } from './settings.ts';

const lookEveryMs = 10_000;
/** Of the first line and the headers of a request together. */
const maxHeaderBytes = 65_536;
/** Nobody takes longer for a handshake, or for headers, who means it. */
const greetingMs = 10_000;

type ServerSettings = Pick<
  ApiSettings,
  'TLS_CERT' | 'TLS_KEY' | 'MAX_CONNECTIONS' | 'REQUEST_TIMEOUT' | 'DOWNLOAD_STALL_TIMEOUT'
>;

/**
 * Creates the HTTP server, with TLS if there is a certificate; a renewed one is taken up while it runs. Connections are
 * bounded in number; those that send nothing, a request too slowly, or that take nothing of an answer, are ended.
 */
export function createServer(settings: ServerSettings, log: Logger): Server {
  const server = createBareServer(settings, log);
  server.maxConnections = settings.MAX_CONNECTIONS;
  // Of a connection on which nothing moves while a request is in hand; between requests keepAliveTimeout counts.
  server.timeout = settings.DOWNLOAD_STALL_TIMEOUT;
  answerBrokenRequests(server, maxHeaderBytes);
  reportDrops(server, log);
  return server;
}

function createBareServer(settings: ServerSettings, log: Logger): Server {
  const { TLS_CERT, TLS_KEY, REQUEST_TIMEOUT } = settings;
  const options = {
    // Longer than the idle time of common load balancers, so that it is never us who hang up first.
    keepAliveTimeout: 65_000,
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: Math.min(greetingMs, REQUEST_TIMEOUT),
    requestTimeout: REQUEST_TIMEOUT,
    connectionsCheckingInterval: 1000,
  };
  if (TLS_CERT === undefined || TLS_KEY === undefined) return createHttpServer(options);
  const context = () => ({
    cert: readFileSync(TLS_CERT),
    key: readFileSync(TLS_KEY),
    minVersion: 'TLSv1.2' as const,
  });
  const server = createHttpsServer({ ...options, ...context(), handshakeTimeout: greetingMs });
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

/** One line for each interval in which connections were refused, however many. */
function reportDrops(server: Server, log: Logger): void {
  let dropped = 0;
  server.on('drop', () => {
    dropped += 1;
    if (dropped > 1) return;
    const report = (): void => {
      log.warn('connections closed: MAX_CONNECTIONS are open', { dropped });
      dropped = 0;
    };
    setTimeout(report, lookEveryMs).unref();
  });
}
