import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExportError } from '@sluice/export';
import { createLogger } from '@sluice/runtime';
import express from 'express';
import { ByteBudget } from '../byte-budget.ts';
import { errorHandler } from './error-handler.ts';

const log = createLogger('api', 'info');
for (const transport of log.transports) transport.silent = true;
const lines: Record<string, unknown>[] = [];
log.on('data', (line: Record<string, unknown>) => lines.push(line));

const memory = new ByteBudget();
const app = express();
app.use((_req, res, next) => {
  res.locals['context'] = { requestId: 'r1', answer: memory.open(res) };
  next();
});
app.get('/busy', () => {
  throw new ExportError('overloaded', 'Too much.');
});
app.get('/fault', () => {
  throw new TypeError('a fault of ours');
});
app.use(errorHandler({ log, settings: { PROFILE: 'ig' } } as never));
const server = createServer(app as never);

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

const statusOf = async (path: string): Promise<number> => {
  const { port } = server.address() as AddressInfo;
  return (await fetch(`http://127.0.0.1:${port}${path}`)).status;
};

/** Level, message, request and whether there is a stack, of each line since the last look. */
const written = (): unknown[][] =>
  lines
    .splice(0)
    .map(({ level, message, requestId, stack }) => [
      level,
      message,
      requestId,
      stack !== undefined,
    ]);

test('refusals for overload are one line together, without a stack', async () => {
  for (let n = 0; n < 20; n += 1) expect(await statusOf('/busy')).toBe(503);
  expect(written()).toEqual([['warn', 'request refused', undefined, false]]);
});

test('a fault has its own line each time, with the request and the stack', async () => {
  for (let n = 0; n < 2; n += 1) expect(await statusOf('/fault')).toBe(500);
  const line = ['error', 'request failed', 'r1', true];
  expect(written()).toEqual([line, line]);
});
