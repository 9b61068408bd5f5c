import { randomBytes, randomUUID } from 'node:crypto';
import { errorFacts } from '@sluice/runtime';
import { StorageError } from '@sluice/storage';
import type { Patience } from '../../packages/storage/src/gcs/gcs-patience.ts';
import { GcsStore } from '../../packages/storage/src/gcs/gcs-store.ts';
import type { GcsDescription } from '../../packages/storage/src/storage-description.ts';
import { withServer } from '../servers/available-servers.ts';
import { startFaultProxy, type Fault, type FaultProxy } from '../servers/fault-proxy.ts';
import { startGcsEmulator, type GcsServer } from '../servers/gcs-emulator.ts';
import { startGcsGate, type GcsGate } from '../servers/gcs-gate.ts';

/**
 * What goes wrong between Sluice and Google Cloud Storage, against gcp-storage-emulator, which keeps to the
 * resumable protocol. The gate before it knows who may do what, and a proxy before that spoils connections.
 */
withServer('gcp-storage-emulator', () => {
  let server: GcsServer;
  let gate: GcsGate;
  let proxy: FaultProxy;
  let prefix: string;

  const folder = '20260131T093000Z_0f8fad5b-d9cb-469f-a165-70867728950e';
  const key = `${folder}/Patient-1-1.ndjson`;
  const options = { contentType: 'application/fhir+ndjson', attempt: 1 };
  const small = randomBytes(100_000);
  /** Two whole chunks and a bit. */
  const large = randomBytes((17 << 20) + 5);
  const impatient = { requestMs: 1_000, firstWaitMs: 5 };

  beforeAll(async () => {
    server = await startGcsEmulator();
    gate = await startGcsGate(server.url);
    proxy = await startFaultProxy(gate.url);
  });
  beforeEach(() => {
    prefix = `${randomUUID()}/`;
    proxy.reset();
    gate.setClock(0);
  });
  afterAll(async () => {
    await proxy.stop();
    await gate.stop();
    await server.stop();
  });

  const newStore = (changed: Partial<GcsDescription> = {}, patience: Partial<Patience> = {}) => {
    const { email, privateKey } = gate.account;
    const serviceAccount = { email, privateKey, tokenUri: `${gate.url}/token` };
    const place = { bucket: gate.bucket, endpoint: proxy.url, prefix, tags: {} };
    const description = { provider: 'gcp', ...place, serviceAccount, ...changed } as const;
    return new GcsStore(description, { ...impatient, ...patience });
  };
  const put = async (store: GcsStore, content: Buffer, attempt = 1) => {
    const writer = await store.write(key, { ...options, attempt });
    try {
      await writer.write(content);
      return await writer.commit();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  };
  const get = async (store: GcsStore) => {
    const blocks: Buffer[] = [];
    for await (const block of await store.read(key)) blocks.push(block as Buffer);
    return Buffer.concat(blocks);
  };
  /** Objects and sessions below the prefix. */
  const everything = async () =>
    [...(await gate.objects()), ...gate.openSessions()].filter((name) => name.startsWith(prefix));
  const faultOf = async (work: Promise<unknown>) => {
    const error: unknown = await work.then(() => undefined).catch((reason: unknown) => reason);
    if (!(error instanceof StorageError)) throw new Error('no StorageError', { cause: error });
    return error;
  };
  /** Of the requests of an upload: the one that begins it, chunks by their range, or the single one. */
  type When = NonNullable<Fault['when']>;
  const isBegin: When = ({ url }) => /uploadType=resumable(?!.*upload_id)/.test(url);
  const isChunk =
    (range: RegExp): When =>
    ({ headers }) =>
      range.test(headers['content-range'] ?? '');
  const isSingle: When = ({ method, url }) =>
    method === 'POST' && url.includes('uploadType=multipart') && url.includes('.ndjson');
  const firstChunk = isChunk(/^bytes 0-8388607\/\*$/);
  const lastChunk = isChunk(/^bytes 16777216-\d+\/17825797$/);

  describe('a connection', () => {
    const faults = [
      { kind: 'cut', to: 'request', after: 0, times: 1 },
      { kind: 'cut', to: 'request', after: 5_000_000, times: 1 },
      { kind: 'stall', to: 'request', after: 70_000, times: 1 },
      { kind: 'stall', to: 'request', after: (8 << 20) - 1, times: 1 },
    ] as const;

    test.each(faults)(
      'that goes wrong in the middle of a chunk is made again: %j',
      async (fault) => {
        proxy.inject({ ...fault, when: firstChunk });
        const store = newStore();
        expect(await put(store, large)).toMatchObject({ bytes: large.length });
        expect((await get(store)).equals(large)).toBe(true);
        expect(proxy.requests.some((request) => request.fault === fault.kind)).toBe(true);
        expect(await everything()).toEqual([prefix + key]);
      },
    );

    test.each(['cut', 'stall'] as const)('is made again when a download is %s', async (kind) => {
      const store = newStore();
      await put(store, large);
      const isDownload: When = ({ url }) => url.includes('alt=media');
      proxy.inject({ kind, to: 'response', after: 300_000, times: 2, when: isDownload });
      expect((await get(store)).equals(large)).toBe(true);
    });

    test('that is slow is waited for while bytes move', async () => {
      proxy.inject({ kind: 'slow', to: 'request', bytesPerSecond: 5 << 20, when: firstChunk });
      await put(newStore(), large);
      expect(await everything()).toEqual([prefix + key]);
    });
  });

  describe('a reply that is lost', () => {
    test.each<[string, Buffer, When]>([
      ['to the single request of a small object', small, isSingle],
      ['to the beginning of an upload', large, isBegin],
      ['to a chunk', large, firstChunk],
      ['to the last chunk', large, lastChunk],
    ])('%s leaves one whole object, and no session in use', async (_, content, when) => {
      const store = newStore();
      proxy.inject({ kind: 'lose-reply', times: 1, when });
      await put(store, content);
      expect((await get(store)).equals(content)).toBe(true);
      expect(await gate.objects()).toContain(prefix + key);
      expect((await gate.objects()).filter((name) => name.startsWith(prefix))).toHaveLength(1);
    });
  });

  describe('a store that is busy', () => {
    test.each([
      ['small', small],
      ['large', large],
    ])('answers 503 for 20 s, and is waited for with a %s object', async (_, content) => {
      let now = 0;
      const wait = (ms: number) => Promise.resolve((now += ms));
      const store = newStore({}, { now: () => now, wait, firstWaitMs: 500 });
      proxy.inject({ kind: 'answer', status: 503, when: () => now < 20_000 });
      await put(store, content);
      expect((await get(store)).equals(content)).toBe(true);
      expect(now).toBeLessThan(60_000);
    });

    test('is not asked again before the time it names, and given up when that is too long', async () => {
      const waits: number[] = [];
      const wait = (ms: number) => Promise.resolve(waits.push(ms));
      const store = newStore({}, { wait });
      const busy = { kind: 'answer', status: 429, times: 1 } as const;
      proxy.inject({ ...busy, headers: { 'Retry-After': '7' } });
      await put(store, small);
      expect(waits).toEqual([7000]);
      proxy.inject({ ...busy, headers: { 'Retry-After': '3600' } });
      const error = await faultOf(store.find(key));
      expect([error.code, error.transient]).toEqual(['unavailable', true]);
      expect(error.message).toContain('storage.objects.get (429)');
    });
  });

  test.each([
    ['small', small, isSingle, 1000],
    ['large', large, firstChunk, 1_000_000],
  ] as const)('bytes of a %s object that were changed on the way are refused', async (...row) => {
    const [, content, when, at] = row;
    proxy.inject({ kind: 'corrupt', to: 'request', at, when });
    const error = await faultOf(put(newStore(), content));
    expect([error.code, error.transient]).toEqual(['corrupt', true]);
    expect(await everything()).toEqual([]);
  });

  describe('an upload that nobody finishes', () => {
    const begin = async (store: GcsStore, attempt = 1) => {
      const writer = await store.write(key, { ...options, attempt });
      await writer.write(large);
      expect(gate.openSessions()).toContain(prefix + key);
      return writer;
    };

    test('is cancelled by abort', async () => {
      const writer = await begin(newStore());
      await writer.abort();
      expect(await everything()).toEqual([]);
      expect(proxy.requests.filter(({ method }) => method === 'DELETE')).toMatchObject([
        { status: 499 },
        { status: 200 },
      ]);
    });

    test('is found by another process, which cancels it', async () => {
      const writer = await begin(newStore());
      const other = newStore();
      expect(await other.list(folder)).toEqual([]);
      expect(await other.listFolders()).toEqual([folder]);
      await other.removeUnfinished(folder);
      expect(await everything()).toEqual([]);
      const error = await faultOf(writer.commit());
      expect(error.message).toContain('ended by somebody else');
    });

    test('ends when a later attempt begins, and cannot undo what that has written', async () => {
      const store = newStore();
      const earlier = await begin(store);
      await put(store, large.subarray(1), 2);
      expect((await faultOf(earlier.commit())).code).toBe('fenced');
      expect((await get(store)).equals(large.subarray(1))).toBe(true);
      expect(await everything()).toEqual([prefix + key]);
    });

    test('fails as what may pass when an earlier attempt came between, and the next wins', async () => {
      const store = newStore();
      const later = await begin(store, 2);
      await put(store, small, 1);
      const error = await faultOf(later.commit());
      expect([error.code, error.transient]).toEqual(['unavailable', true]);
      await later.abort();
      await put(store, large, 3);
      expect((await get(store)).equals(large)).toBe(true);
      expect(await everything()).toEqual([prefix + key]);
    });

    test('is not sent after a session that the bucket says is elsewhere', async () => {
      const elsewhere = await startFaultProxy(gate.url);
      const name = encodeURIComponent(`${prefix}${folder}/.upload-x`);
      const path = `/upload/storage/v1/b/${gate.bucket}/o?uploadType=media&name=${name}`;
      const planted = await fetch(server.url + path, {
        method: 'POST',
        body: `${elsewhere.url}/upload`,
      });
      await planted.text();
      await newStore().removeUnfinished(folder);
      expect([await everything(), elsewhere.requests]).toEqual([[], []]);
      await elsewhere.stop();
    });
  });

  describe('a fault that does not pass', () => {
    const permanent = async (work: Promise<unknown>, code: string, text: RegExp) => {
      const error = await faultOf(work);
      expect(error.message).toMatch(text);
      expect(error.message).toMatch(/^GCS bucket "[a-z-]+" /);
      expect([error.code, error.transient]).toEqual([code, false]);
      const told = JSON.stringify(errorFacts(error));
      expect(told).not.toMatch(/PRIVATE KEY|ya29\.|eyJ|X-Goog-Signature|upload_id/);
      expect(proxy.requests.length).toBeLessThan(3);
    };
    const account = (changed: object) => {
      const { email, privateKey } = gate.account;
      return { serviceAccount: { email, privateKey, tokenUri: `${gate.url}/token`, ...changed } };
    };

    test('a key that is not the account’s', async () => {
      const other = await startGcsGate(server.url, 'others');
      await other.stop();
      const store = newStore(account({ privateKey: other.account.privateKey }));
      await permanent(put(store, small), 'misconfigured', /sign-in \(invalid_grant\).*private key/);
    });

    test('a key that is none', async () => {
      const privateKey = '-----BEGIN PRIVATE KEY-----\nbm8ga2V5\n-----END PRIVATE KEY-----\n';
      const store = newStore(account({ privateKey }));
      await permanent(put(store, small), 'misconfigured', /it has to be PEM/);
      const url = store.signUrl(key, new Date(Date.now() + 60_000));
      await permanent(url, 'misconfigured', /it has to be PEM/);
    });

    test('an account that is not known', async () => {
      const store = newStore(account({ email: 'nobody@sluice-tests.iam.gserviceaccount.com' }));
      await permanent(put(store, small), 'misconfigured', /sign-in \(invalid_grant\).*e-mail/);
    });

    test('a clock that is wrong', async () => {
      gate.setClock(3_600_000);
      await permanent(put(newStore(), small), 'misconfigured', /the clock of this machine/);
    });

    test('a bucket that does not exist', async () => {
      const store = newStore({ bucket: 'nowhere' });
      await permanent(put(store, small), 'misconfigured', /"nowhere".*no such bucket/);
    });

    test.each<[string, string, (store: GcsStore) => Promise<unknown>]>([
      ['create', 'writing', (store) => put(store, small)],
      ['get', 'reading', (store) => store.read(key)],
      ['get', 'looking at', (store) => store.find(key)],
      ['list', 'listing', (store) => store.list(folder)],
      ['delete', 'removing', (store) => store.remove(key)],
    ])('the permission to %s is missing, when %s objects', async (verb, _, work) => {
      const permission = `storage.objects.${verb}`;
      const giveBack = gate.deny(permission);
      const text = new RegExp(`${permission} \\(forbidden\\): give the account ${permission} on`);
      await permanent(work(newStore()), 'denied', text).finally(giveBack);
    });

    test('the permission to delete is missing, when an object is replaced', async () => {
      const store = newStore();
      await put(store, small);
      proxy.reset();
      const giveBack = gate.deny('storage.objects.delete');
      const text = /objects\.create \(forbidden\): give the account storage\.objects\.delete on/;
      await permanent(put(store, small), 'denied', text).finally(giveBack);
    });

    test('a workload that may not sign', async () => {
      const giveBack = gate.deny('iam.serviceAccounts.signBlob');
      const url = workloadStore().signUrl(key, new Date(Date.now() + 60_000));
      await permanent(url, 'denied', /iam\.serviceAccounts\.signBlob/).finally(giveBack);
    });
  });

  /** A store of a workload without a key, whose identity the metadata server knows. */
  const workloadStore = () => {
    process.env['GCE_METADATA_HOST'] = new URL(gate.url).host;
    const place = { bucket: gate.bucket, endpoint: proxy.url, prefix, tags: {} };
    return new GcsStore({ provider: 'gcp', ...place, signingEndpoint: gate.url }, impatient);
  };

  describe('a signed URL', () => {
    const inOneMinute = () => new Date(Date.now() + 60_000);
    const signed = async (store = newStore()) => {
      await put(store, small);
      return await store.signUrl(key, inOneMinute());
    };
    const statusOf = async (url: string | URL) => {
      const answer = await fetch(url);
      const body = Buffer.from(await answer.arrayBuffer());
      return [answer.status, /<Code>(\w+)/.exec(body.toString())?.[1] ?? body.equals(small)];
    };

    test('is good for more than one download until it expires', async () => {
      const url = await signed();
      expect(await statusOf(url)).toEqual([200, true]);
      expect(await statusOf(url)).toEqual([200, true]);
      gate.setClock(61_000);
      expect(await statusOf(url)).toEqual([400, 'ExpiredToken']);
    });

    test.each<[string, (url: URL) => void]>([
      ['path', (url) => (url.pathname = url.pathname.replace('Patient-1-1', 'Patient-1-2'))],
      ['expiry', ({ searchParams }) => searchParams.set('X-Goog-Expires', '3600')],
      ['file name', ({ searchParams }) => searchParams.set('response-content-disposition', 'x')],
      [
        'signature',
        ({ searchParams }) =>
          searchParams.set(
            'X-Goog-Signature',
            (searchParams.get('X-Goog-Signature') ?? '').replace(/^./, (c) =>
              c === '0' ? '1' : '0',
            ),
          ),
      ],
      [
        'key',
        ({ searchParams }) =>
          searchParams.set(
            'X-Goog-Credential',
            (searchParams.get('X-Goog-Credential') ?? '').replace(/^exporter/, 'workload'),
          ),
      ],
    ])('is refused when its %s is changed', async (_, change) => {
      const url = new URL(await signed());
      change(url);
      expect(await statusOf(url)).toEqual([403, 'SignatureDoesNotMatch']);
    });

    test('of a workload without a key is signed by signBlob', async () => {
      const url = await signed(workloadStore());
      expect(new URL(url).searchParams.get('X-Goog-Credential')).toMatch(gate.workloadEmail);
      expect(await statusOf(url)).toEqual([200, true]);
    });
  });

  test('STORAGE_EMULATOR_HOST leads nothing elsewhere', async () => {
    const elsewhere = await startFaultProxy(gate.url);
    process.env['STORAGE_EMULATOR_HOST'] = elsewhere.url;
    try {
      const store = newStore();
      await put(store, large);
      await get(store);
      const url = await store.signUrl(key, new Date(Date.now() + 60_000));
      expect(new URL(url).origin).toBe(proxy.url);
      await store.removeFolder(folder);
      expect(elsewhere.requests).toEqual([]);
    } finally {
      delete process.env['STORAGE_EMULATOR_HOST'];
      await elsewhere.stop();
    }
  });
});
