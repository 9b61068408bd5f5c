import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { createLogger } from '@sluice/runtime';
import { createServer } from './create-server.ts';

const server = createServer(
  {
    TLS_CERT: undefined,
    TLS_KEY: undefined,
    MAX_CONNECTIONS: 100,
    REQUEST_TIMEOUT: 1000,
    DOWNLOAD_STALL_TIMEOUT: 60_000,
  },
  createLogger('test', 'error'),
);
server.on('request', (req, res) => {
  if (req.url === '/begun') res.write('begun');
  else if (req.url === '/none') res.end('fine');
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

/** Everything that is answered to bytes, until the connection is closed. */
async function answersTo(...pieces: readonly string[]): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const blocks: Buffer[] = [];
  socket.on('data', (block) => blocks.push(block));
  // It may be reset, what was answered before is what counts.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(blocks).toString();
}

const long = `GET /x HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(70_000)}\r\n\r\n`;

test.each([
  ['headers that are too long', [long], '431', 'too-long'],
  ['a URL that is too long', [`GET /${'x'.repeat(70_000)} HTTP/1.1\r\n\r\n`], '431', 'too-long'],
  ['no HTTP', ['\u0016\u0003\u0001 hello\r\n\r\n'], '400', 'structure'],
  ['a request that does not end', ['GET /x HTTP/1.1\r\nHost:'], '408', 'timeout'],
  ['a broken second request', ['GET /none HTTP/1.1\r\nHost: a\r\n\r\n', long], '431', 'too-long'],
])('%s: an OperationOutcome', async (_, pieces, status, code) => {
  const answers = await answersTo(...pieces);
  const answer = answers.slice(answers.lastIndexOf('HTTP/1.1 '));
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
  expect(head).toContain('Content-Type: application/fhir+json');
  expect(head).toContain(`Content-Length: ${body.length}`);
  expect(JSON.parse(body)).toMatchObject({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code }],
  });
});

test('an answer that has begun is cut off and not mixed with another one', async () => {
  const answers = await answersTo('GET /begun HTTP/1.1\r\nHost: a\r\n\r\n', long);
  expect(answers).toContain('begun');
  expect(answers.match(/HTTP\/1\.1/g)).toHaveLength(1);
});
