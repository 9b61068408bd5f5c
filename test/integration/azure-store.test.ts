import { randomBytes } from 'node:crypto';
import {
  AzureStore,
  type AzureStoreOptions,
} from '../../packages/storage/src/azure/azure-store.ts';
import type { AzureDescription } from '../../packages/storage/src/storage-description.ts';
import { accessTokenFor } from '../servers/azurite.ts';
import { startEntra, type Entra } from '../servers/entra.ts';
import { startFaultProxy, type FaultProxy } from '../servers/fault-proxy.ts';
import { createSelfSignedCertificate } from '../servers/self-signed-certificate.ts';
import { AzureTestContainer } from '../support/azure-container.ts';
import { describeOutputStore, type StoreUnderTest } from '../support/output-store-contract.ts';

const folder = '20260131T093000Z_0f8fad5b-d9cb-469f-a165-70867728950e';
const key = `${folder}/Patient-1-1.ndjson`;
const other = `${folder}/Patient-1-2.ndjson.gz`;
const hourMs = 3_600_000;

const certificate = createSelfSignedCertificate();
/** Over http, with account keys; and over https, with tokens. */
let plain: AzureTestContainer;
let secure: AzureTestContainer;

// The server needs milliseconds for everything, and thousands of objects are made and removed.
jest.setTimeout(120_000);

beforeAll(async () => {
  plain = await AzureTestContainer.start();
  secure = await AzureTestContainer.start(certificate);
});

afterAll(() => Promise.all([plain, secure].map(({ server }) => server.stop())));

function identityStore(place: AzureDescription, more: AzureStoreOptions = {}): AzureStore {
  const credential = { getToken: () => Promise.resolve(accessTokenFor(3600)) };
  return new AzureStore(place, { credential, ca: certificate.cert, ...more });
}

function underTest(
  store: AzureStore,
  description: AzureDescription,
  container: AzureTestContainer,
): Promise<StoreUnderTest> {
  return Promise.resolve({
    store,
    description,
    fill: (keys) => container.fill(description, keys),
    listEverything: () => container.listEverything(description),
  });
}

describeOutputStore(
  'Azure, account key',
  () => {
    const place = plain.newPlaceByKey();
    return underTest(new AzureStore(place), place, plain);
  },
  { signsUrls: true },
);

describe('with a federated token', () => {
  let entra: Entra;
  const { env } = process;

  // For the process that streams the large object.
  beforeAll(async () => {
    entra = await startEntra(certificate);
    process.env = { ...env, ...entra.env };
  });
  afterAll(async () => {
    process.env = env;
    await entra.stop();
  });

  describeOutputStore(
    'Azure, workload identity',
    () => {
      const place = secure.newPlace();
      return underTest(identityStore(place), place, secure);
    },
    { largestBytes: 64 << 20, manyObjects: 300 },
  );
});

describe.each([
  ['an account key', () => ({ store: new AzureStore(plain.newPlaceByKey()), server: plain })],
  ['a user delegation key', () => ({ store: identityStore(secure.newPlace()), server: secure })],
])('a URL signed with %s', (_key, create) => {
  const inAnHour = new Date(Date.now() + hourMs);
  let store: AzureStore;
  let server: AzureTestContainer;

  beforeAll(async () => {
    ({ store, server } = create());
    await put(store, key, '0123456789', 'application/fhir+ndjson');
    await put(store, other, 'compressed', 'application/gzip');
  });

  test('reads the object without any header, as often as one likes', async () => {
    const url = await store.signUrl(key, inAnHour);
    for (let times = 0; times < 2; times += 1) {
      const answer = await server.send(url);
      expect([answer.status, answer.text]).toEqual([200, '0123456789']);
      expect(answer.headers).toMatchObject({
        'content-type': 'application/fhir+ndjson',
        'content-disposition': 'attachment; filename="Patient-1-1.ndjson"',
      });
    }
    const ranged = await server.send(url, { headers: { range: 'bytes=2-4' } });
    expect(ranged).toMatchObject({ status: 206, text: '234' });
  });

  test('gives a compressed file as it is, whatever the client accepts', async () => {
    const url = await store.signUrl(other, inAnHour);
    for (const coding of ['gzip', 'identity']) {
      const answer = await server.send(url, { headers: { 'accept-encoding': coding } });
      expect([answer.status, answer.text]).toEqual([200, 'compressed']);
      expect(answer.headers['content-type']).toBe('application/gzip');
      expect(answer.headers['content-encoding']).toBeUndefined();
    }
  });

  test('is refused after its end', async () => {
    const url = await store.signUrl(key, new Date(Date.now() - 1000));
    expect((await server.send(url)).status).toBe(403);
  });

  test.each<[string, (url: URL) => void]>([
    ['path', (url) => (url.pathname = url.pathname.replace(key, other))],
    ['expiry', (url) => url.searchParams.set('se', '2036-01-01T00:00:00Z')],
    ['permission', (url) => url.searchParams.set('sp', 'rd')],
    ['signature', (url) => url.searchParams.set('sig', randomBytes(32).toString('base64'))],
    ['file name', (url) => url.searchParams.set('rscd', 'inline')],
  ])('is refused with another %s', async (_what, change) => {
    const url = new URL(await store.signUrl(key, inAnHour));
    change(url);
    expect((await server.send(url.href)).status).toBe(403);
  });
});

test('a URL signed with another account key is refused', async () => {
  const place = plain.newPlaceByKey();
  await put(new AzureStore(place), key, 'text', 'application/fhir+ndjson');
  const store = new AzureStore({ ...place, accountKey: 'b3RoZXI=' });
  const url = await store.signUrl(key, new Date(Date.now() + hourMs));
  expect((await plain.send(url)).status).toBe(403);
});

describe('the key with which an identity signs', () => {
  let proxy: FaultProxy;

  beforeAll(async () => {
    const { origin } = new URL(secure.server.endpoint);
    proxy = await startFaultProxy(origin, { tls: certificate });
  });
  afterEach(() => proxy.reset());
  afterAll(() => proxy.stop());

  test('is asked for once in some hours, and before it ends', async () => {
    let now = Date.now();
    const endpoint = `${proxy.url}/${secure.server.storageAccount}`;
    const store = identityStore({ ...secure.newPlace(), endpoint }, { now: () => now });
    const sign = () => store.signUrl(key, new Date(now + hourMs));

    await Promise.all([sign(), sign(), sign()]);
    expect(proxy.requests).toHaveLength(1);
    now += 4 * hourMs;
    await sign();
    expect(proxy.requests).toHaveLength(1);
    now += 1.5 * hourMs;
    await sign();
    expect(proxy.requests).toHaveLength(2);
  });

  test('lives a week at most, and the URL no longer than it', async () => {
    const store = identityStore(secure.newPlace());
    const now = Date.now();
    const url = new URL(await store.signUrl(key, new Date(now + 30 * 24 * hourMs)));
    const end = Date.parse(url.searchParams.get('se') ?? '');
    expect(end).toBeGreaterThan(now + 6.5 * 24 * hourMs);
    expect(end).toBeLessThan(now + 7 * 24 * hourMs);
  });
});

async function put(store: AzureStore, name: string, content: string, contentType: string) {
  const writer = await store.write(name, { contentType, attempt: 1 });
  await writer.write(Buffer.from(content));
  await writer.commit();
}
