import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Metrics } from '@sluice/runtime';

/**
 * Serves `/metrics` for Prometheus, on a port of its own: what is told of load and exports is not for clients, and a scrape does not
 * wait for them.
 */
export async function startMetricsServer(
  metrics: Metrics,
  { port, host }: { readonly port: number; readonly host: string },
): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
      response.writeHead(404).end();
      return;
    }
    void metrics.text().then(
      (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}
