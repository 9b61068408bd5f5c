import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Metrics } from '@sluice/runtime';
import express from 'express';
import { measure } from './measure.ts';

let metrics: Metrics;
let server: Server;
let url: string;

beforeEach(async () => {
  metrics = new Metrics('api');
  const app = express();
  app.use(measure(metrics));
  // Answers what it is asked to, or never.
  app.get('/fhir/$export', ({ query }, res) => {
    if (query['answer'] !== undefined) res.sendStatus(Number(query['answer']));
  });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir/$export`;
});
afterEach(() => server.close());

test.each([
  [202, 'accepted', '2xx'],
  [429, 'busy', '4xx'],
  [403, 'refused', '4xx'],
  [503, 'failed', '5xx'],
])('a kick-off that is answered %i counts as %s', async (answer, outcome, status) => {
  await (await fetch(`${url}?answer=${answer}`)).text();
  const text = await metrics.text();
  expect(text).toContain(`sluice_kick_offs_total{outcome="${outcome}"} 1`);
  expect(text).toContain(`seconds_count{operation="kick-off",status="${status}"} 1`);
});

test('a client that hangs up before there is an answer counts as none', async () => {
  const hangUp = new AbortController();
  const request = once(server, 'request') as Promise<[unknown, ServerResponse]>;
  const answer = fetch(url, { signal: hangUp.signal });
  const [, response] = await request;
  hangUp.abort();
  await Promise.all([expect(answer).rejects.toThrow(), once(response, 'close')]);
  const text = await metrics.text();
  expect(text).not.toMatch(/^sluice_kick_offs_total\{.*\} 1/m);
  expect(text).not.toContain('seconds_count{operation="kick-off"');
});
