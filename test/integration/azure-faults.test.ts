import { randomInt } from 'node:crypto';
import { errorFacts } from '@sluice/runtime';
import { StorageError } from '@sluice/storage';
import { AzureStore } from '../../packages/storage/src/azure/azure-store.ts';
import type { AzureDescription } from '../../packages/storage/src/storage-description.ts';
import { accessTokenFor } from '../servers/azurite.ts';
import {
  startFaultProxy,
  type Fault,
  type FaultProxy,
  type ProxiedRequest,
} from '../servers/fault-proxy.ts';
import { createSelfSignedCertificate } from '../servers/self-signed-certificate.ts';
import { AzureTestContainer } from '../support/azure-container.ts';
import { sha256Of } from '../support/export-client.ts';

const folder = '20260131T093000Z_0f8fad5b-d9cb-469f-a165-70867728950e';
const key = `${folder}/Patient-1-1.ndjson`;
const options = { contentType: 'application/fhir+ndjson', attempt: 1 };

/** Production's patience, in less time. */
const limits = { totalMs: 20_000, stallMs: 1_000, firstDelayMs: 10, longestDelayMs: 200 };

type Seen = Pick<ProxiedRequest, 'method' | 'url'>;
const isBlock = ({ url }: Seen) => /comp=block(&|$)/.test(url);
const isCommit = ({ method, url }: Seen) => method === 'PUT' && url.includes('comp=blocklist');
const isRead = ({ method, url }: Seen) => method === 'GET' && !url.includes('comp=');

let container: AzureTestContainer;
let proxy: FaultProxy;

jest.setTimeout(60_000);

beforeAll(async () => {
  container = await AzureTestContainer.start();
  proxy = await startFaultProxy(new URL(container.server.endpoint).origin);
});
afterEach(() => proxy.reset());
afterAll(async () => {
  await proxy.stop();
  await container.server.stop();
});

/** A place that is reached through the proxy. */
function newPlace(account = container.server.storageAccount): AzureDescription {
  return { ...container.newPlaceByKey(), endpoint: `${proxy.url}/${account}` };
}

async function write(store: AzureStore, content: Buffer, attempt = 1): Promise<void> {
  const writer = await store.write(key, { ...options, attempt });
  try {
    await writer.write(content);
    await writer.commit();
  } catch (error) {
    proxy.reset();
    await writer.abort();
    throw error;
  }
}

async function read(store: AzureStore): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of await store.read(key)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function faultOf(work: () => Promise<unknown>): Promise<StorageError> {
  const error = await work().then(
    () => new Error('it went well'),
    (reason: unknown) => reason,
  );
  if (error instanceof StorageError) return error;
  throw error;
}

/** Which requests are refused, all if none are chosen, and with what more headers. */
type Refused = Pick<Fault, 'when' | 'times'> & { readonly headers?: Record<string, string> };

/** What the service answers to a request that it refuses; what was signed is told with it. */
function refusal(status: number, reason: string, { headers, ...chosen }: Refused = {}): Fault {
  const body = `<?xml version="1.0" encoding="utf-8"?>
<Error><Code>${reason}</Code><Message>Refused.
RequestId:1</Message><AuthenticationErrorDetail>The MAC signature found in the HTTP request
'c2VjcmV0' is not the same as any computed signature.</AuthenticationErrorDetail></Error>`;
  const named = { 'x-ms-error-code': reason, 'content-type': 'application/xml', ...headers };
  return { kind: 'answer', status, headers: named, body, ...chosen };
}

describe('a fault that passes', () => {
  const large = Buffer.alloc(9 << 20, 'one line of many\n');
  const offset = randomInt(1 << 20);

  test.each<[string, Fault]>([
    [
      '503 with Retry-After',
      refusal(503, 'ServerBusy', { times: 3, headers: { 'retry-after': '1' } }),
    ],
    ['500', refusal(500, 'OperationTimedOut', { times: 2, when: isBlock })],
    ['429', refusal(429, 'TooManyRequests', { times: 2, when: isCommit })],
    [
      `a block cut at ${offset}`,
      { kind: 'cut', to: 'request', after: offset, when: isBlock, times: 2 },
    ],
    [
      `a block stalled at ${offset}`,
      { kind: 'stall', to: 'request', after: offset, when: isBlock, times: 1 },
    ],
    [
      'a slow block',
      { kind: 'slow', to: 'request', bytesPerSecond: 8 << 20, when: isBlock, times: 1 },
    ],
    ['a lost reply to a block', { kind: 'lose-reply', when: isBlock, times: 1 }],
    ['a lost reply to the commit', { kind: 'lose-reply', when: isCommit, times: 1 }],
    [
      'a block with other bytes than were sent',
      { kind: 'corrupt', to: 'request', at: offset, when: isBlock, times: 1 },
    ],
  ])('%s: the object is whole, and nothing else is there', async (_what, fault) => {
    const place = newPlace();
    const store = new AzureStore(place, { limits });
    proxy.inject(fault);
    await write(store, large);
    expect(proxy.requests.some((request) => request.fault === fault.kind)).toBe(true);
    expect(sha256Of((await read(store)).toString())).toBe(sha256Of(large.toString()));
    expect(await container.listEverything(place)).toEqual([key]);
  });

  test.each<[string, Fault]>([
    ['cut', { kind: 'cut', to: 'response', after: offset, when: isRead, times: 3 }],
    ['stalled', { kind: 'stall', to: 'response', after: offset, when: isRead, times: 1 }],
    ['refused', refusal(503, 'ServerBusy', { when: isRead, times: 2 })],
  ])('a read that is %s gives the bytes of the object', async (_what, fault) => {
    const store = new AzureStore(newPlace(), { limits });
    await write(store, large);
    proxy.inject(fault);
    expect(sha256Of((await read(store)).toString())).toBe(sha256Of(large.toString()));
    expect(proxy.requests.some((request) => request.fault === fault.kind)).toBe(true);
  });

  test('a read that was cut does not go on in another version of the object', async () => {
    const store = new AzureStore(newPlace(), { limits });
    await write(store, large);
    proxy.inject({ kind: 'cut', to: 'response', after: offset, when: isRead, times: 1 });
    const reading = await store.read(key);
    await write(store, Buffer.alloc(large.length, 'another line\n'), 2);
    await expect(reading.toArray()).rejects.toMatchObject({ code: 'fenced' });
  });

  test('a store that stays away is told of after some time', async () => {
    const store = new AzureStore(newPlace(), { limits: { ...limits, totalMs: 300 } });
    proxy.inject(refusal(503, 'ServerBusy'));
    const fault = await faultOf(() => store.find(key));
    expect(fault).toMatchObject({ code: 'unavailable', transient: true });
    expect(fault.message).toContain('Azure container "exports" does not answer GetBlobProperties');
    expect(proxy.requests.length).toBeGreaterThan(2);
  });
});

describe('a fault that stays', () => {
  const clock = new Date(Date.now() - 3_600_000).toUTCString();

  test.each<[string, () => AzureDescription, Fault | undefined, string]>([
    [
      'a wrong key',
      () => ({ ...newPlace(), accountKey: 'b3RoZXI=' }),
      undefined,
      'refuses PutBlock (AuthorizationFailure): check the account key',
    ],
    [
      'an unknown account',
      () => ({ ...newPlace('nobody'), storageAccount: 'nobody' }),
      undefined,
      'refuses PutBlock (ResourceNotFound): there is no such storage account',
    ],
    [
      'a missing container',
      () => ({ ...newPlace(), container: 'nothing' }),
      undefined,
      'refuses PutBlock (ContainerNotFound): create the container',
    ],
    [
      'a wrong clock',
      newPlace,
      refusal(403, 'AuthenticationFailed', { headers: { date: clock } }),
      'refuses PutBlock (AuthenticationFailed): set the clock of this machine',
    ],
    [
      'a firewall',
      newPlace,
      refusal(403, 'AuthorizationFailure', { when: isCommit }),
      'refuses PutBlockList (AuthorizationFailure): check the account key, and that the firewall',
    ],
  ])('%s is told at once, with what to do', async (_what, describePlace, fault, text) => {
    if (fault) proxy.inject(fault);
    const place = describePlace();
    const store = new AzureStore(place, { limits });
    const writer = await store.write(key, options);
    const told = await faultOf(async () => {
      await writer.write(Buffer.from('line'));
      await writer.commit();
    });
    expect(told.transient).toBe(false);
    expect(told.message).toContain(`Azure container "${place.container}" ${text}`);
    expect(proxy.requests.filter(isBlock)).toHaveLength(1);
    const logged = JSON.stringify(errorFacts(told));
    for (const secret of [place.accountKey ?? '', 'c2VjcmV0', 'SharedKey', 'sig=']) {
      expect(logged).not.toContain(secret);
    }
  });

  test.each<[string, (seen: Seen) => boolean, string, (store: AzureStore) => Promise<unknown>]>([
    ['to write', isBlock, 'PutBlock', (store) => write(store, Buffer.from('line'))],
    ['to commit', isCommit, 'PutBlockList', (store) => write(store, Buffer.from('line'))],
    ['to look', ({ method }) => method === 'HEAD', 'GetBlobProperties', (store) => store.find(key)],
    ['to read', isRead, 'GetBlob', (store) => store.read(key)],
    ['to list', ({ url }) => url.includes('comp=list'), 'ListBlobs', (store) => store.list(folder)],
    ['to delete', ({ method }) => method === 'DELETE', 'DeleteBlob', (store) => store.remove(key)],
  ])('a missing permission %s is named', async (_what, when, operation, use) => {
    proxy.inject(refusal(403, 'AuthorizationPermissionMismatch', { when }));
    const fault = await faultOf(() => use(new AzureStore(newPlace(), { limits })));
    expect(fault.code).toBe('denied');
    const permission = /Put/.test(operation)
      ? 'write'
      : /Delete/.test(operation)
        ? 'delete'
        : 'read';
    expect(fault.message).toBe(
      `Azure container "exports" refuses ${operation} (AuthorizationPermissionMismatch): give the identity containers/blobs/${permission}, e.g. by the role Storage Blob Data Contributor on the container`,
    );
  });

  test('a missing permission to sign, and a certificate of nobody known, are named', async () => {
    const certificate = createSelfSignedCertificate();
    const secure = await startFaultProxy(new URL(container.server.endpoint).origin, {
      tls: certificate,
    });
    const place = { ...container.newPlace(), endpoint: `${secure.url}/account` };
    const credential = { getToken: () => Promise.resolve(accessTokenFor(3600)) };
    secure.inject(refusal(403, 'AuthorizationPermissionMismatch'));
    const sign = (ca: string) =>
      faultOf(() => new AzureStore(place, { credential, ca, limits }).signUrl(key, new Date()));
    expect(await sign(certificate.cert)).toMatchObject({
      code: 'denied',
      message:
        'Azure container "exports" refuses GetUserDelegationKey (AuthorizationPermissionMismatch): give the identity generateUserDelegationKey, e.g. by the role Storage Blob Delegator on the storage account',
    });
    const distrusted = await sign(createSelfSignedCertificate().cert);
    expect(distrusted.message).toMatch(/: its certificate is not trusted, name the authority in/);
    await secure.stop();
  });
});

describe('what is left behind', () => {
  const blockOf = (text: string) => Buffer.from(text.padEnd(32, '0')).toString('base64');

  test('blocks of writers that are gone are dropped, and whole objects stay as they are', async () => {
    const place = newPlace();
    const store = new AzureStore(place, { limits });
    await write(store, Buffer.from('whole'));
    const before = await container.client.getBlobClient(place.prefix + key).getProperties();
    for (const name of [key, `${folder}/Patient-1-2.ndjson`, `${folder}/Patient-1-3.ndjson`]) {
      const blob = container.client.getBlockBlobClient(place.prefix + name);
      await blob.stageBlock(blockOf('1'), 'left', 4);
      await blob.stageBlock(blockOf('2'), 'left', 4);
    }
    expect(await container.listEverything(place)).toHaveLength(7);
    expect(await store.listFolders()).toEqual([folder]);
    proxy.inject({ kind: 'lose-reply', when: isCommit, times: 2 });
    await store.removeUnfinished(folder);
    expect(await container.listEverything(place)).toEqual([key]);
    expect((await read(store)).toString()).toBe('whole');
    const after = await container.client.getBlobClient(place.prefix + key).getProperties();
    const { metadata, contentType } = before;
    expect(after).toMatchObject({ metadata, contentType });
  });

  test('an attempt that gives up leaves the blocks of a later one alone', async () => {
    const place = newPlace();
    const store = new AzureStore(place, { limits });
    const block = Buffer.alloc(9 << 20, 'later\n');
    const earlier = await store.write(key, options);
    await earlier.write(Buffer.alloc(9 << 20, 'earlier\n'));
    const later = await store.write(key, { ...options, attempt: 2 });
    await later.write(block);
    expect(await faultOf(() => earlier.commit())).toMatchObject({ code: 'fenced' });
    await later.commit();
    expect((await read(store)).equals(block)).toBe(true);
    expect(await container.listEverything(place)).toEqual([key]);
  });

  test('one object of a batch that cannot be deleted is noticed', async () => {
    const place = newPlace();
    // A batch takes the server longer than the others' patience with a connection.
    const store = new AzureStore(place);
    const names = Array.from({ length: 300 }, (_, n) => `${folder}/Patient-${n + 1}-1.ndjson`);
    await container.fill(place, names);
    const held = container.client.getBlobClient(`${place.prefix}${folder}/Patient-7-1.ndjson`);
    const lease = held.getBlobLeaseClient();
    await lease.acquireLease(-1);
    const fault = await faultOf(() => store.removeFolder(folder));
    expect(fault.message).toBe(
      'Azure container "exports" refuses DeleteBlob (LeaseIdMissing): somebody holds a lease on the object',
    );
    await lease.breakLease(0);
    await store.removeFolder(folder);
    expect(await container.listEverything(place)).toEqual([]);
  });
});
