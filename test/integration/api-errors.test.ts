import { ApiStack, ask, verdict } from './api-client.ts';

let stack: ApiStack;
let base: string;
let root: string;

beforeAll(async () => {
  stack = await ApiStack.create();
  base = await stack.start();
  root = base.slice(0, -'/fhir'.length);
});
afterAll(() => stack.drop());

test.each([
  ['', '404 not-found'],
  ['/', '404 not-found'],
  ['/Patient', '404 not-found'],
  ['/Patient/1', '404 not-found'],
  ['/$export-status', '404 not-found'],
  ['/$export-status/', '404 not-found'],
  ['/$export-file/x', '404 not-found'],
  ['/$EXPORT', '404 not-found'],
  ['/$export/more', '404 not-found'],
  ['/Metadata', '404 not-found'],
  ['/..%2f..%2fetc%2fpasswd', '404 not-found'],
  ['/%zz', '400 invalid'],
  ['/Group/%E0%A4%A/$export', '400 invalid'],
  ['/metadata?_format=xml', '406 not-supported'],
])('/fhir%s is answered %s', async (path, expected) => {
  expect(verdict(await ask(base + path))).toBe(expected);
});

test.each(['/metadata', '/metadata?_format=json', '/metadata?_format=application/fhir+json'])(
  '/fhir%s is the CapabilityStatement, open to everyone',
  async (path) => {
    const answer = await ask(base + path, { headers: { accept: '*/*' } });
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/fhir+json']);
    expect(JSON.parse(answer.text)).toMatchObject({
      resourceType: 'CapabilityStatement',
      implementation: { url: base },
      rest: [{ mode: 'server', operation: [{ name: 'export' }] }],
    });
  },
);

test.each([
  ['/OperationDefinition/export', { code: 'export', system: true }],
  ['/OperationDefinition/patient-export', { resource: ['Patient'], type: true }],
  ['/OperationDefinition/group-export', { resource: ['Group'], instance: true }],
  ['/GraphDefinition/patient-data', { start: 'Patient' }],
])('what it does is told by /fhir%s, open to everyone', async (path, told) => {
  const answer = await ask(base + path);
  expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/fhir+json']);
  expect(JSON.parse(answer.text)).toMatchObject({ url: base + path, ...told });
  expect((await ask(`${base}${path}-none`)).status).toBe(404);
});

test('metadata is not to be had as XML', async () => {
  const answer = await ask(`${base}/metadata`, { headers: { accept: 'application/fhir+xml' } });
  expect(verdict(answer)).toBe('406 not-supported');
});

test('health and readiness are answered', async () => {
  expect((await ask(`${root}/healthz`)).status).toBe(200);
  const ready = await ask(`${root}/readyz`);
  expect([ready.status, JSON.parse(ready.text)]).toEqual([
    200,
    { status: 'ok', checks: { postgres: 'ok', redis: 'ok', storage: 'ok' } },
  ]);
});

test.each([
  ['abc-123', true],
  ['x'.repeat(64), true],
  ['x'.repeat(65), false],
  ['a b', false],
  ['<script>', false],
])('X-Request-Id %s is taken over: %p', async (given, taken) => {
  const answer = await ask(`${base}/none`, { headers: { 'x-request-id': given } });
  expect(answer.headers['x-request-id'] === given).toBe(taken);
  expect(answer.headers['x-request-id']).toMatch(/^[\w.-]+$/);
});

test('every answer is safe to pass on: no sniffing, no caching, no word of the framework', async () => {
  for (const [path, caching] of [
    // The same for everyone, and asked for again each time.
    ['/metadata', 'no-cache'],
    ['/none', 'no-store'],
  ]) {
    const { headers } = await ask(`${base}${path}`);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cache-control': caching,
    });
    expect(headers).not.toHaveProperty('x-powered-by');
  }
});
