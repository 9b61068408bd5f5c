import { connect } from 'node:net';
import fc, { type Arbitrary } from 'fast-check';
import { exchange } from './exchange.ts';
import { mutated } from './generate/json.ts';
import { nastyText, oneOf, weighted } from './generate/text.ts';
import { readRunSize } from './run-size.ts';
import { ProcessWatch } from './process-watch.ts';
import { Deployment } from '../support/deployment.ts';
import type { TestService } from '../support/service.ts';

const { seed, requests } = readRunSize();
let deployment: Deployment;
let api: TestService;

beforeAll(async () => {
  deployment = await Deployment.create({ AUTH_MODE: 'none' });
  ({ api } = await deployment.startApi());
}, 60_000);
afterAll(() => deployment.drop());

const crlf = '\r\n';
const lines = (...all: string[]): string => `${all.join(crlf)}${crlf}${crlf}`;
const host = 'Host: x';
const good = lines('GET /fhir/metadata HTTP/1.1', host);
const chunked = (body: string): string =>
  lines(
    'POST /fhir/$export HTTP/1.1',
    host,
    'Transfer-Encoding: chunked',
    'Content-Type: application/json',
  ) + body;

/** HTTP that is broken, ambiguous, pipelined or only half there. */
const brokenHttp: Arbitrary<string> = weighted(
  [2, oneOf([good, good.repeat(20), good + lines('GET /healthz HTTP/1.1', host).repeat(50)])],
  [
    1,
    oneOf([
      lines('GET / HTTP/1.1'),
      lines('GET / HTTP/0.9'),
      lines('GET / HTTP/2.0', host),
      lines('PRI * HTTP/2.0', '', 'SM', ''),
      lines('get /healthz HTTP/1.1', host),
      lines('GET  /healthz  HTTP/1.1', host),
      'GET /healthz HTTP/1.1\nHost: x\n\n',
      lines('GET /healthz HTTP/1.1', host, ' folded: x'),
      lines('GET /healthz HTTP/1.1', host, 'Host: y'),
      lines('CONNECT x:1 HTTP/1.1', host),
      lines('GET /fhir/metadata HTTP/1.1', host, 'Upgrade: websocket', 'Connection: Upgrade'),
      lines(
        'GET /healthz HTTP/1.1',
        host,
        'Upgrade: h2c',
        'Connection: Upgrade, HTTP2-Settings',
        'HTTP2-Settings: AAAA',
      ),
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n' + good,
    ]),
  ],
  [
    1,
    oneOf(['-1', '0', '1e3', '99999999999999999999', '5, 5', '5', '+5', '0x5', '']).map(
      (length) => lines('POST /fhir/$export HTTP/1.1', host, `Content-Length: ${length}`) + '{}',
    ),
  ],
  [
    1,
    oneOf([
      lines('POST /rpc HTTP/1.1', host, 'Content-Length: 4', 'Transfer-Encoding: chunked') +
        '0\r\n\r\n' +
        good,
      lines('POST /rpc HTTP/1.1', host, 'Transfer-Encoding: gzip, chunked') + '0\r\n\r\n',
      lines('POST /rpc HTTP/1.1', host, 'Transfer-Encoding: xchunked') + 'x',
    ]),
  ],
  [
    1,
    oneOf([
      '0\r\n\r\n',
      '2\r\n{}\r\n0\r\n\r\n',
      'ffffffffffffffffff\r\n',
      '-1\r\n',
      '2;a=b\r\n{}\r\n0\r\nTrailer: x\r\n\r\n',
      'zz\r\n',
      `1\r\n{\r\n`.repeat(500),
      `1;${'x'.repeat(20_000)}\r\n{\r\n`,
    ]).map(chunked),
  ],
  [
    1,
    fc
      .integer({ min: 1, max: 3000 })
      .map((count) => lines('GET /healthz HTTP/1.1', host, ...Array<string>(count).fill('X: y'))),
  ],
  [
    1,
    fc
      .integer({ min: 1, max: 200_000 })
      .map((length) => lines('GET /healthz HTTP/1.1', host, `X: ${'y'.repeat(length)}`)),
  ],
  [
    1,
    fc
      .integer({ min: 1, max: 200_000 })
      .map((length) => lines(`GET /${'y'.repeat(length)} HTTP/1.1`, host)),
  ],
  [
    1,
    fc
      .tuple(nastyText, nastyText)
      .map(([name, value]) => lines('GET /healthz HTTP/1.1', host, `${name}: ${value}`)),
  ],
  [
    1,
    fc
      .tuple(nastyText, nastyText)
      .map(([method, path]) => lines(`${method} ${path} HTTP/1.1`, host)),
  ],
  [
    1,
    fc
      .tuple(oneOf([good, chunked('2\r\n{}\r\n0\r\n\r\n')]), fc.nat(80))
      .map(([text, end]) => text.slice(0, end)),
  ],
);

const bytes = (text: Arbitrary<string>): Arbitrary<Buffer> =>
  text.map((value) => Buffer.from(value, 'latin1'));
const traffic = weighted([3, bytes(brokenHttp)], [1, mutated(bytes(brokenHttp))]);

test('whatever bytes come, they are answered or refused, and never by 5xx', async () => {
  const count = Math.ceil(requests / 10);
  const watch = new ProcessWatch(api.pid);
  for (let done = 0; done < count; done += 50) {
    const batch = fc.sample(traffic, { seed: seed + done, numRuns: 50 });
    const before = await watch.cpuSeconds();
    const answers = await Promise.all(batch.map((sent) => exchange(api.port, sent, true)));
    const wrong = answers.flatMap(({ status, body }, n) =>
      status >= 500 && status !== 505
        ? [`${status} ${body}\n${batch[n]?.toString('latin1', 0, 500)}`]
        : [],
    );
    expect(wrong).toEqual([]);
    expect((await watch.cpuSeconds()) - before).toBeLessThan(5);
  }
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
}, 3_600_000);

test('connections that are cut at any point leave the API as it was', async () => {
  const cut = (sent: string): Promise<void> =>
    new Promise((done) => {
      const socket = connect({ port: api.port, host: '127.0.0.1' });
      socket.once('error', () => undefined);
      socket.once('close', () => done());
      socket.write(sent, () => socket.resetAndDestroy());
    });
  const whole =
    lines('POST /fhir/$export HTTP/1.1', host, 'Content-Length: 5000') + '{"a":'.repeat(900);
  for (const text of [good, whole, good.repeat(30)]) {
    const ends = Array.from({ length: 40 }, (_, n) => Math.ceil((text.length * (n + 1)) / 40));
    await Promise.all(ends.map((end) => cut(text.slice(0, end))));
  }
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  const errors = api
    .log()
    .split('\n')
    .filter((line) => /"level":"(error|fatal)"/.test(line));
  // Many requests at once over one connection may be too many, and that is said; nothing else may go wrong.
  expect(errors.filter((line) => !line.includes('"code":"overloaded"'))).toEqual([]);
}, 120_000);
