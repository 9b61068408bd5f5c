import { randomInt, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { errorFacts } from '@sluice/runtime';
import type { OutputStore } from '@sluice/storage';
import { S3Store } from '../../packages/storage/src/s3/s3-store.ts';
import type { S3Description } from '../../packages/storage/src/storage-description.ts';
import { withServer } from '../servers/available-servers.ts';
import { startFaultProxy, type Fault, type FaultProxy } from '../servers/fault-proxy.ts';
import { startVersityGw, type VersityGw } from '../servers/versitygw.ts';
import { sha256Of } from '../support/export-client.ts';
import { describeOutputStore } from '../support/output-store-contract.ts';

const folder = '20260131T093000Z_0f8fad5b-d9cb-469f-a165-70867728950e';
const key = `${folder}/Patient-1-1.ndjson`;
const other = `${folder}/Patient-1-2.ndjson`;
const options = { contentType: 'application/fhir+ndjson', attempt: 1 };
/** Two parts. */
const large = Buffer.alloc(12 << 20, 'resource');

withServer('versitygw', () => {
  let server: VersityGw;
  let proxy: FaultProxy;
  let owner: S3Client;
  /** A bucket that every test but the contract's shares. */
  let description: S3Description;

  beforeAll(async () => {
    // What else this machine may have of AWS is not to be found.
    for (const name of Object.keys(process.env))
      if (name.startsWith('AWS_')) delete process.env[name];
    for (const file of ['AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'])
      process.env[file] = 'none';
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
    server = await startVersityGw();
    proxy = await startFaultProxy(server.url);
    const { url: endpoint, region, root: credentials } = server;
    owner = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    description = await newBucket();
  });
  afterEach(() => proxy.reset());
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  const newBucket = async (): Promise<S3Description> => {
    const bucket = `exports-${randomUUID()}`;
    await owner.send(new CreateBucketCommand({ Bucket: bucket }));
    const { url: endpoint, region, root: credentials } = server;
    const rest = { prefix: 'sluice/', tags: {}, pathStyle: true };
    return { provider: 'aws', bucket, endpoint, region, credentials, ...rest };
  };

  /** Keys below the prefix, of objects and of uploads on their way. */
  const everythingIn = async (Bucket: string): Promise<string[]> => {
    const { Contents = [] } = await owner.send(new ListObjectsV2Command({ Bucket }));
    const { Uploads = [] } = await owner.send(new ListMultipartUploadsCommand({ Bucket }));
    return [...Contents, ...Uploads].map(({ Key = '' }) => Key.replace('sluice/', '')).sort();
  };

  const put = async (store: OutputStore, name: string, content: Buffer | string, attempt = 1) => {
    const writer = await store.write(name, { ...options, attempt });
    await writer.write(Buffer.from(content));
    return await writer.commit();
  };

  /** The fault that work ends with; neither a client nor the log gets a secret or a signature from it. */
  const faultOf = async (work: () => Promise<unknown>) => {
    const error: unknown = await work().then(
      () => new Error('no fault'),
      (fault: unknown) => fault,
    );
    const told = JSON.stringify(errorFacts(error));
    for (const secret of [server.root.secretAccessKey, 'wrong secret', 'Signature=', 'AWS4-HMAC']) {
      expect(told).not.toContain(secret);
    }
    const { code, message, transient } = error as Error & { code?: string; transient?: boolean };
    return { code, message, transient };
  };

  /** Runs with the clock of this process off by some time; the server's is not. */
  const withClockOff = async <T>(offMs: number, work: () => Promise<T>): Promise<T> => {
    jest.useFakeTimers({ now: Date.now() + offMs, doNotFake: [...timers] });
    try {
      return await work();
    } finally {
      jest.useRealTimers();
    }
  };

  describeOutputStore(
    'S3',
    async () => {
      const own = await newBucket();
      // The server answers 500 for ever to the commit of an upload that was aborted while a part arrived.
      const store = new S3Store(own, { retryMs: 3_000 });
      // What lies in its folder is there.
      const fill = async (keys: readonly string[]) => {
        const at = (name: string) => join(server.dataFolder, own.bucket, own.prefix, name);
        await mkdir(dirname(at(key)), { recursive: true });
        for (const name of keys) await writeFile(at(name), '');
      };
      const listEverything = () => everythingIn(own.bucket);
      return { description: own, store, fill, listEverything };
    },
    { signsUrls: true },
  );

  describe('a signed URL', () => {
    let store: S3Store;
    beforeAll(async () => {
      store = new S3Store(description);
      await put(store, key, '0123456789');
      await put(store, other, 'other');
    });
    const sign = async () => new URL(await store.signUrl(key, new Date(Date.now() + 60_000)));

    test('gives ranges too, as often as one likes', async () => {
      const url = await sign();
      for (const range of ['bytes=2-4', 'bytes=2-4']) {
        const answer = await fetch(url, { headers: { range } });
        expect([answer.status, await answer.text()]).toEqual([206, '234']);
      }
    });

    test('is refused after its end', async () => {
      const url = await withClockOff(-120_000, sign);
      expect((await fetch(url)).status).toBe(403);
    });

    test('lives for a week at most, as S3 has it', async () => {
      const url = await store.signUrl(key, new Date(Date.now() + 30 * 24 * 3_600_000));
      expect((await fetch(url)).status).toBe(200);
    });

    test.each<[string, (url: URL) => void]>([
      ['path', (url) => (url.pathname = url.pathname.replace(key, other))],
      ['expiry', (url) => url.searchParams.set('X-Amz-Expires', '6000')],
      ['access key', (url) => replaceIn(url, 'X-Amz-Credential', server.root.accessKeyId, 'AKIAX')],
      ['signature', (url) => url.searchParams.set('X-Amz-Signature', sha256Of('guess'))],
      ['file name', (url) => url.searchParams.set('response-content-disposition', 'inline')],
    ])('is refused with another %s', async (_, change) => {
      const url = await sign();
      change(url);
      expect((await fetch(url)).status).toBe(403);
    });
  });

  describe('what will not pass by itself', () => {
    test.each<[string, (right: S3Description) => Partial<S3Description>, string]>([
      [
        'a wrong secret',
        () => ({ credentials: { ...server.root, secretAccessKey: 'wrong secret' } }),
        'refuses HeadObject (SignatureDoesNotMatch): the secret access key is not the one of the access key',
      ],
      [
        'an unknown access key',
        () => ({ credentials: { ...server.root, accessKeyId: 'AKIAUNKNOWN' } }),
        'refuses HeadObject (InvalidAccessKeyId): the store knows no such access key',
      ],
      [
        'a wrong region',
        () => ({ region: 'eu-west-1' }),
        'refuses HeadObject (AuthorizationHeaderMalformed): the bucket does not lie in eu-west-1',
      ],
      [
        'a missing bucket',
        () => ({ bucket: 'nowhere' }),
        'refuses PutObject (NoSuchBucket): there is no bucket "nowhere"; create it',
      ],
    ])('%s is told at once, with what to do', async (_, change, message) => {
      const wrong = { ...description, ...change(description) };
      const fault = await faultOf(() => put(new S3Store(wrong), key, 'text'));
      expect(fault).toMatchObject({ code: 'misconfigured', transient: false });
      expect(fault.message).toContain(`S3 bucket "${wrong.bucket}" ${message}`);
      const ofLarge = await faultOf(() => put(new S3Store(wrong), key, large));
      expect(ofLarge).toMatchObject({ code: 'misconfigured', transient: false });
    });

    test('no credentials at all are told so', async () => {
      const { url: endpoint, region } = server;
      const named = { provider: 'aws', bucket: 'exports', endpoint, region } as const;
      const without = { ...named, prefix: '', tags: {}, pathStyle: true };
      const fault = await faultOf(() => put(new S3Store(without), key, 'text'));
      expect(fault).toMatchObject({ code: 'misconfigured', transient: false });
      expect(fault.message).toContain(
        'refuses sign-in (CredentialsProviderError): bulk-storage account not specified',
      );
    });

    test('no region is told so', async () => {
      const { endpoint = '', bucket, credentials, prefix } = description;
      const named = {
        provider: 'aws',
        bucket,
        endpoint,
        prefix,
        tags: {},
        pathStyle: true,
      } as const;
      const without = { ...named, ...(credentials && { credentials }) };
      const fault = await faultOf(() => put(new S3Store(without), key, 'text'));
      expect(fault).toMatchObject({ code: 'misconfigured', transient: false });
      expect(fault.message).toContain('refuses sign-in (RegionMissing): set the region');
    });

    const permissions: readonly [
      string,
      'objects' | 'bucket',
      (store: S3Store) => Promise<unknown>,
    ][] = [
      ['s3:PutObject', 'objects', (store) => put(store, other, 'text')],
      ['s3:GetObject', 'objects', async (store) => buffer(await store.read(key))],
      ['s3:DeleteObject', 'objects', (store) => store.removeFolder(folder)],
      ['s3:AbortMultipartUpload', 'objects', (store) => beginAndAbort(store)],
      ['s3:ListBucket', 'bucket', (store) => store.list(folder)],
      ['s3:ListBucketMultipartUploads', 'bucket', (store) => store.removeUnfinished(folder)],
    ];

    test.each(permissions)('%s alone missing is told by its name', async (missing, where, work) => {
      const own = await newBucket();
      await put(new S3Store(own), key, 'text');
      const credentials = { accessKeyId: `user${randomInt(1e9)}`, secretAccessKey: 'user secret' };
      await server.addAccount(credentials);
      const allow = async (granted: typeof permissions) => {
        const statement = (resource: string, actions: string[]) => ({
          Effect: 'Allow',
          Principal: { AWS: [credentials.accessKeyId] },
          Action: actions,
          Resource: resource,
        });
        const named = (which: string) =>
          granted.filter(([, at]) => at === which).map(([name]) => name);
        const Statement = [
          statement(`arn:aws:s3:::${own.bucket}/*`, named('objects')),
          statement(`arn:aws:s3:::${own.bucket}`, named('bucket')),
        ];
        const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
        await owner.send(new PutBucketPolicyCommand({ Bucket: own.bucket, Policy }));
      };
      const store = new S3Store({ ...own, credentials });
      await allow(permissions.filter(([name]) => name !== missing));
      const fault = await faultOf(() => work(store));
      expect(fault).toMatchObject({ code: 'denied', transient: false });
      expect(fault.message).toMatch(
        /^S3 bucket "[^"]+" refuses [A-Za-z2]+ \(AccessDenied\): give the account /,
      );
      expect(fault.message).toContain(
        `give the account ${missing} on the bucket${where === 'objects' ? "'s objects" : ''}`,
      );
      await allow(permissions);
      await work(store);
    });

    test('a refusal within a bulk delete, whose answer is 200, is noticed', async () => {
      const store = new S3Store({ ...description, endpoint: proxy.url });
      await put(store, key, 'text');
      const body = `<DeleteResult><Error><Key>${key}</Key><Code>AccessDenied</Code></Error></DeleteResult>`;
      proxy.inject({
        kind: 'answer',
        status: 200,
        body,
        when: ({ url }) => url.includes('delete'),
      });
      const fault = await faultOf(() => store.removeFolder(folder));
      expect(fault).toMatchObject({ code: 'denied' });
      expect(fault.message).toContain('refuses DeleteObjects (AccessDenied)');
    });
  });

  describe('what passes by itself', () => {
    const isPart: Fault['when'] = ({ url }) => url.includes('partNumber');
    const isPut: Fault['when'] = ({ method, url }) =>
      method === 'PUT' && !url.includes('partNumber');
    const isComplete: Fault['when'] = ({ method, url }) =>
      method === 'POST' && url.includes('uploadId=');
    const slowDown = '<Error><Code>SlowDown</Code><Message>Reduce your rate</Message></Error>';
    const anywhere = () => randomInt(4 << 20);

    test.each<[string, () => Fault]>([
      ['a storm of 503', () => ({ kind: 'answer', status: 503, body: slowDown, times: 2 })],
      [
        '429 with Retry-After',
        () => ({
          kind: 'answer',
          status: 429,
          headers: { 'retry-after': '1' },
          times: 1,
          when: isPart,
        }),
      ],
      [
        'a cut connection',
        () => ({ kind: 'cut', to: 'request', after: anywhere(), times: 2, when: isPart }),
      ],
      [
        'a stalled upload',
        () => ({ kind: 'stall', to: 'request', after: anywhere(), times: 1, when: isPart }),
      ],
      [
        'an answer that stalls',
        () => ({ kind: 'stall', to: 'response', after: 0, times: 1, when: isComplete }),
      ],
      [
        'a corrupted part',
        () => ({ kind: 'corrupt', to: 'request', at: anywhere(), times: 1, when: isPart }),
      ],
      ['the lost reply to a part', () => ({ kind: 'lose-reply', times: 1, when: isPart })],
      [
        'the lost reply to the last request',
        () => ({ kind: 'lose-reply', times: 1, when: isComplete }),
      ],
    ])('%s ends in a whole object', async (_, fault) => {
      const own = await newBucket();
      const store = new S3Store({ ...own, endpoint: proxy.url }, { stallMs: 1_000 });
      proxy.inject(fault());
      expect(await put(store, key, large)).toEqual({
        bytes: large.length,
        sha256: sha256Of(large),
      });
      expect(proxy.requests.some((request) => request.fault)).toBe(true);
      expect(sha256Of(await buffer(await store.read(key)))).toBe(sha256Of(large));
      expect(await everythingIn(own.bucket)).toEqual([key]);
    });

    test.each([
      [
        'the lost reply to a single request',
        { kind: 'lose-reply', times: 1, when: isPut } as const,
      ],
      [
        'a store that takes no conditions',
        {
          kind: 'answer',
          status: 501,
          times: 1,
          when: isPut,
          body: '<Error><Code>NotImplemented</Code></Error>',
        } as const,
      ],
    ])('%s ends in a whole object', async (_, fault) => {
      const own = await newBucket();
      const store = new S3Store({ ...own, endpoint: proxy.url });
      proxy.inject(fault);
      expect(await put(store, key, 'text')).toMatchObject({ bytes: 4 });
      expect((await buffer(await store.read(key))).toString()).toBe('text');
      expect(await everythingIn(own.bucket)).toEqual([key]);
    });

    test('a clock that is off by hours is made up for', async () => {
      const store = new S3Store({ ...description, endpoint: proxy.url });
      expect(await withClockOff(5 * 3_600_000, () => put(store, other, 'text'))).toMatchObject({
        bytes: 4,
      });
      expect(proxy.requests.map(({ status }) => status)).toContain(403);
    });

    test('a store that stays away is told so, and may be tried again', async () => {
      const store = new S3Store({ ...description, endpoint: proxy.url }, { retryMs: 300 });
      proxy.inject({ kind: 'answer', status: 503, body: slowDown, when: isPut });
      const fault = await faultOf(() => put(store, other, 'text'));
      expect(fault).toMatchObject({ code: 'unavailable', transient: true });
      expect(fault.message).toContain('does not answer PutObject (SlowDown)');
    });

    test('bytes that always arrive changed are refused, and leave nothing', async () => {
      const own = await newBucket();
      const store = new S3Store({ ...own, endpoint: proxy.url });
      proxy.inject({ kind: 'corrupt', to: 'request', at: 2, when: isPut });
      const fault = await faultOf(() => put(store, key, 'text'));
      expect(fault).toMatchObject({ code: 'corrupt', transient: true });
      expect(await everythingIn(own.bucket)).toEqual([]);
    });
  });
});

const timers = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate'] as const),
  ...(['clearImmediate', 'setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

async function beginAndAbort(store: OutputStore): Promise<void> {
  const writer = await store.write(other, options);
  await writer.write(large);
  await writer.abort();
}

function replaceIn(url: URL, name: string, from: string, to: string): void {
  url.searchParams.set(name, (url.searchParams.get(name) ?? '').replace(from, to));
}
