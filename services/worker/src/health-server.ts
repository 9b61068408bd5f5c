import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { checkSchema, checkWritable, passingReason } from '@sluice/postgres';
import { refusalReason } from '@sluice/queue';
import { reportListening } from '@sluice/runtime';
import type { WorkerContext } from './context.ts';

/**
 * Serves the worker's own /healthz, /readyz and /metrics; the only HTTP a worker knows.
 *
 * @param isStarted whether it takes work: before that it is not ready, whatever can be reached
 */
export async function startHealthServer(
  context: WorkerContext,
  isStarted: () => boolean,
): Promise<Server> {
  const { settings, metrics } = context;
  const server = createServer((request, response) => {
    const answer = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
    };
    switch (request.url) {
      case '/healthz':
        answer(200, 'ok');
        return;
      case '/readyz':
        void whatIsMissing(context, isStarted).then((fault) =>
          answer(fault === undefined ? 200 : 503, fault ?? 'ready'),
        );
        return;
      case '/metrics':
        void metrics.text().then((text) => {
          response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
        });
        return;
      default:
        answer(404, 'not found');
    }
  });
  server.listen(settings.METRICS_PORT, settings.HOST);
  await once(server, 'listening');
  reportListening();
  return server;
}

/** Why the worker is not ready, if it is not. */
async function whatIsMissing(
  { pool, queue, storageHealth }: WorkerContext,
  isStarted: () => boolean,
): Promise<string | undefined> {
  if (!isStarted()) return 'not ready: it is still starting';
  try {
    const writable = checkSchema(pool).then(() => checkWritable(pool));
    const [report] = await Promise.all([storageHealth.recent(), writable, queue.ping()]);
    return 'error' in report ? `not ready: ${report.error.message}` : undefined;
  } catch (error) {
    const reason = passingReason(error) ?? refusalReason(error);
    return reason === undefined ? 'not ready' : `not ready: ${reason}`;
  }
}
