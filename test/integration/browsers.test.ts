import { gunzipSync } from 'node:zlib';
import { ApiStack, ask, kickOffHeaders, verdict } from './api-client.ts';

let stack: ApiStack;
let base: string;
let closed: string;
const origin = 'https://app.example';

beforeAll(async () => {
  stack = await ApiStack.create();
  base = await stack.start({ CORS_ORIGINS: `${origin}, http://localhost:3000` });
  closed = await stack.start();
});
afterAll(() => stack.drop());

const preflight = (from: string, method = 'GET') => ({
  method: 'OPTIONS',
  headers: {
    origin: from,
    'access-control-request-method': method,
    'access-control-request-headers': 'authorization,prefer',
  },
});

test.each(['/$export', '/Patient/$export', '/$export-status/x', '/$export-file/x/y'])(
  'a preflight of %s is answered for an origin of the list alone',
  async (path) => {
    const answer = await ask(base + path, preflight(origin));
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET,HEAD,POST,DELETE',
      'access-control-allow-headers': 'authorization,prefer',
      'access-control-max-age': '600',
    });
    expect(answer.headers['vary']).toContain('Origin');
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    const other = await ask(base + path, preflight('https://other.example'));
    expect(other.headers).not.toHaveProperty('access-control-allow-origin');
  },
);

test('a page reads the headers that a client of $export needs', async () => {
  const headers = { ...kickOffHeaders, origin };
  const answer = await ask(`${base}/$export?_type=Patient`, { headers });
  expect(answer.status).toBe(202);
  expect(answer.headers['access-control-allow-origin']).toBe(origin);
  const exposed = String(answer.headers['access-control-expose-headers']).split(',');
  expect(exposed).toEqual(
    expect.arrayContaining([
      ...['Content-Location', 'X-Progress', 'Retry-After', 'Expires', 'ETag'],
      ...['Content-Range', 'Link'],
    ]),
  );
  await ask(String(answer.headers['content-location']), { method: 'DELETE' });
});

test('an error can be read by a page too', async () => {
  const answer = await ask(`${base}/none`, { headers: { origin } });
  expect(verdict(answer)).toBe('404 not-found');
  expect(answer.headers['access-control-allow-origin']).toBe(origin);
});

test('without CORS_ORIGINS no page is let in, and a preflight is a wrong method', async () => {
  const answer = await ask(`${closed}/$export`, preflight(origin));
  expect(verdict(answer)).toBe('405 not-supported');
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
});

test('metadata is compressed when gzip is offered, and 304 when the client has it', async () => {
  const plain = await ask(`${base}/metadata`);
  const zipped = await ask(`${base}/metadata`, { headers: { 'accept-encoding': 'gzip' } });
  expect(zipped.headers['content-encoding']).toBe('gzip');
  expect(zipped.body.length).toBeLessThan(plain.body.length / 5);
  expect(gunzipSync(zipped.body).equals(plain.body)).toBe(true);
  expect(zipped.headers['etag']).not.toBe(plain.headers['etag']);
  for (const { headers } of [plain, zipped]) {
    expect(headers).toMatchObject({ 'cache-control': 'no-cache', vary: 'Accept-Encoding' });
  }
  const again = await ask(`${base}/metadata`, {
    headers: { 'if-none-match': String(plain.headers['etag']) },
  });
  expect([again.status, again.body.length]).toEqual([304, 0]);
});
