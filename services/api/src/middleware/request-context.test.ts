import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { filtersOf } from '@sluice/auth';
import { resourceTypes } from '@sluice/fhir';
import { createLogger } from '@sluice/runtime';
import express from 'express';
import { ByteBudget } from '../byte-budget.ts';
import { callerOf, contextOf, requestContext, type RequestContext } from './request-context.ts';

test('a request that nobody has authenticated has no name and no rights', async () => {
  const app = express();
  const audit = { record: () => Promise.resolve(), refused: () => undefined };
  const memory = { bodies: new ByteBudget(), answers: new ByteBudget() };
  const deps = { log: createLogger('api', 'error'), now: Date.now, audit, memory };
  app.use(requestContext(deps as never));
  const contexts: RequestContext[] = [];
  app.get('/', (_req, res) => {
    contexts.push(contextOf(res));
    res.end();
  });
  const server = createServer(app as never).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  server.close();
  const [context] = contexts;
  if (context === undefined) throw new Error('no request');
  const { rights } = context.identity;
  for (const type of resourceTypes) {
    expect([filtersOf(rights.exports, type), filtersOf(rights.reads, type)]).toEqual([
      undefined,
      undefined,
    ]);
  }
  expect([...rights.operations]).toEqual([]);
  expect(callerOf(context)).toMatchObject({ subject: undefined, client: undefined });
});
