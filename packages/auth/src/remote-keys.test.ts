import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fetchJson } from './fetch-json.ts';
import { faultsOfKeySet, type Key } from './key-set.ts';
import { isPrivateAddress } from './private-address.ts';
import { RemoteKeys } from './remote-keys.ts';

const modulus = Buffer.alloc(256, 0xff).toString('base64url');
const key = (kid: string): Key => ({ kty: 'RSA', kid, n: modulus, e: 'AQAB' });
const url = 'https://client.example/jwks';

describe('RemoteKeys', () => {
  let time = 0;
  let fetches = 0;
  let answer: { keys: Key[]; cacheControl?: string | undefined };
  const wanted = (kid: string) => ({ kid, alg: 'RS384' });
  const create = (): RemoteKeys => {
    time = 0;
    fetches = 0;
    const fetch = () => {
      fetches += 1;
      return Promise.resolve({ body: { keys: answer.keys }, cacheControl: answer.cacheControl });
    };
    return new RemoteKeys({ allowPrivate: false, now: () => time, fetch });
  };

  test.each([
    ['max-age=10', 9_000, 1],
    ['max-age=10', 10_000, 2],
    ['public, max-age=99999', 3_599_000, 1],
    ['public, max-age=99999', 3_600_000, 2],
    ['no-store', 0, 2],
    ['no-cache', 0, 2],
    ['max-age=0', 0, 2],
    [undefined, 59_000, 1],
    [undefined, 60_000, 2],
  ])(
    'with Cache-Control %s, after %d ms it was fetched %d times',
    async (cacheControl, ms, expected) => {
      answer = { keys: [key('a')], cacheControl };
      const keys = create();
      await keys.find(url, wanted('a'));
      time = ms;
      expect((await keys.find(url, wanted('a')))?.kid).toBe('a');
      expect(fetches).toBe(expected);
    },
  );

  test('a key that is not there is looked up anew, but not all the time', async () => {
    answer = { keys: [key('a')], cacheControl: 'max-age=3600' };
    const keys = create();
    await keys.find(url, wanted('a'));
    answer = { ...answer, keys: [key('a'), key('b')] };
    time = 4_000;
    expect(await keys.find(url, wanted('b'))).toBeUndefined();
    expect(fetches).toBe(1);
    time = 5_000;
    expect((await keys.find(url, wanted('b')))?.kid).toBe('b');
    for (let n = 0; n < 50; n += 1) await keys.find(url, wanted(`unknown-${n}`));
    expect(fetches).toBe(2);
  });

  test('many at once wait for one fetch', async () => {
    answer = { keys: [key('a')] };
    const keys = create();
    await Promise.all(Array.from({ length: 20 }, () => keys.find(url, wanted('a'))));
    expect(fetches).toBe(1);
  });

  test('a set with a private key in it is not believed', async () => {
    answer = { keys: [{ ...key('a'), d: 'AQAB' }] };
    await expect(create().find(url, wanted('a'))).rejects.toMatchObject({ code: 'invalid_client' });
  });
});

test.each([
  [{ keys: [key('a'), key('b')] }, 0],
  [{ keys: [{ kty: 'EC', kid: 'a', crv: 'P-384', x: 'AQ', y: 'AQ' }] }, 0],
  [{ keys: [] }, 1],
  [{ keys: [key('a'), key('a')] }, 1],
  [{ keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] }, 1],
  [{ keys: [{ ...key('a'), n: modulus.slice(4) }] }, 1],
  [{ keys: [{ kty: 'RSA', kid: 'a' }] }, 2],
  [{ keys: [{ kty: 'EC', kid: 'a', crv: 'P-384', x: 'AQ' }] }, 1],
  [{ keys: [{ ...key('a'), p: 'AQ' }] }, 1],
  [{ keys: [{ kty: 'oct', kid: 'a', k: 'AQ' }] }, 1],
  [{ keys: [{ kty: 'OKP', kid: 'a' }] }, 1],
  [{ keys: ['a'] }, 1],
  [{}, 1],
  [null, 1],
])('the key set %j has %d faults', (set, faults) => {
  expect(faultsOfKeySet(set)).toHaveLength(faults);
});

test.each([
  ['127.0.0.1', true],
  ['10.1.2.3', true],
  ['100.64.0.1', true],
  ['169.254.169.254', true],
  ['172.31.255.255', true],
  ['192.168.0.1', true],
  ['0.0.0.0', true],
  ['::1', true],
  ['::', true],
  ['::ffff:127.0.0.1', true],
  ['::ffff:8.8.8.8', true],
  ['64:ff9b::7f00:1', true],
  ['fd00::1', true],
  ['fe80::1', true],
  ['not an address', true],
  // The last address of a net, and the first behind it.
  ['192.0.2.255', true],
  ['192.0.3.0', false],
  ['192.31.196.1', true],
  ['192.52.193.1', true],
  ['192.88.99.1', true],
  ['192.175.48.1', true],
  ['198.19.255.255', true],
  ['198.20.0.0', false],
  ['198.51.100.1', true],
  ['203.0.113.1', true],
  ['223.255.255.255', false],
  ['224.0.0.1', true],
  ['255.255.255.255', true],
  // IPv4 in IPv6: mapped, compatible, translated, NAT64 and its local kind, Teredo, 6to4.
  ['::ffff:0808:0808', true],
  ['::8.8.8.8', true],
  ['::ffff:0:8.8.8.8', true],
  ['64:ff9b::8.8.8.8', true],
  ['64:ff9b:1::8.8.8.8', true],
  ['2001:0:4136:e378:8000:63bf:3fff:fdd2', true],
  ['2002:808:808::1', true],
  ['100::1', true],
  ['2001:1ff:ffff::1', true],
  ['2001:200::1', false],
  ['2001:db8::1', true],
  ['3fff:fff::1', true],
  ['3fff:1000::1', false],
  ['2620:4f:8000::1', true],
  ['1fff::1', true],
  ['4000::1', true],
  ['5f00::1', true],
  ['fec0::1', true],
  ['ff02::1', true],
  ['fe80::1%eth0', true],
  ['2606:4700::1111%eth0', true],
  ['8.8.8.8', false],
  ['172.32.0.1', false],
  ['2606:4700::1111', false],
])('%s is private: %p', (address, expected) => {
  expect(isPrivateAddress(address)).toBe(expected);
});

describe('fetchJson', () => {
  let server: Server;
  let base: string;
  beforeAll(async () => {
    server = createServer((req, res) => {
      if (req.url === '/redirect') res.writeHead(302, { location: '/ok' }).end();
      else if (req.url === '/large') res.end(JSON.stringify('x'.repeat(5000)));
      else if (req.url === '/deep') res.end('['.repeat(200) + ']'.repeat(200));
      else if (req.url === '/slow') res.write('{');
      else if (req.url === '/text') res.end('no JSON');
      else if (req.url === '/error') res.writeHead(500).end();
      else res.setHeader('Cache-Control', 'max-age=7').end('{"a":1}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test('gives a document and how long it lasts', async () => {
    expect(await fetchJson(`${base}/ok`, { allowPrivate: true })).toEqual({
      body: { a: 1 },
      cacheControl: 'max-age=7',
    });
  });

  test.each(['/redirect', '/large', '/deep', '/slow', '/text', '/error'])(
    'refuses %s',
    async (path) => {
      const limits = { allowPrivate: true, maxBytes: 1000, timeoutMs: 300 };
      await expect(fetchJson(base + path, limits)).rejects.toThrow();
    },
  );

  test.each([
    ['http', 'http://client.example/jwks'],
    ['another scheme', 'file:///etc/passwd'],
    ['this machine', 'https://127.0.0.1/jwks'],
    ['this machine by IPv6', 'https://[::1]/jwks'],
    ['this machine by a number', 'https://2130706433/jwks'],
    ['the metadata of a cloud', 'https://169.254.169.254/latest'],
    ['a name that leads to this machine', 'https://localhost/jwks'],
  ])('does not reach %s', async (_, address) => {
    await expect(fetchJson(address, { allowPrivate: false })).rejects.toThrow(
      /https|private network/,
    );
  });
});
