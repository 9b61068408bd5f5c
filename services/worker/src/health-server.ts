import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { checkSchema } from '@sluice/postgres';
import type { WorkerContext } from './context.ts';

/** Serves the worker's own /healthz and /readyz; the only HTTP a worker knows. */
export async function startHealthServer(context: WorkerContext): Promise<Server> {
  const { settings } = context;
  const server = createServer((request, response) => {
    const answer = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
    };
    switch (request.url) {
      case '/healthz':
        answer(200, 'ok');
        return;
      case '/readyz':
        void isReady(context).then((ready) =>
          answer(ready ? 200 : 503, ready ? 'ready' : 'not ready'),
        );
        return;
      default:
        answer(404, 'not found');
    }
  });
  server.listen(settings.METRICS_PORT, settings.HOST);
  await once(server, 'listening');
  return server;
}

async function isReady({ pool, queue }: WorkerContext): Promise<boolean> {
  try {
    await Promise.all([checkSchema(pool), queue.ping()]);
    return true;
  } catch {
    return false;
  }
}
