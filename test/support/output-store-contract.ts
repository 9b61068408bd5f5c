import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { OutputStore, StorageDescription } from '@sluice/storage';
import { sha256Of } from './export-client.ts';
import { streamInChild } from './stream-object.ts';

/** A store under test, and what lies in it by other means than its own. */
export interface StoreUnderTest {
  readonly store: OutputStore;
  /** Keys of the objects there are, and something for each unfinished write; sorted. */
  listEverything(): Promise<string[]>;
  /** Makes empty objects by other means than the store's, where one by one takes its time. */
  fill?(keys: readonly string[]): Promise<void>;
  /** From which another process makes the same store, for the largest object. */
  readonly description?: StorageDescription;
}

/** What differs between backends, or between the servers that stand for them. */
export interface StoreTraits {
  /** Up to so many bytes are one part, where the store has parts. */
  readonly partBytes?: number;
  /** Whether the store has URLs of its own. */
  readonly signsUrls?: boolean;
  /** Size of the object that a process of its own writes: 1 GiB, or what the server bears; 0: none. */
  readonly largestBytes?: number;
  /** How many objects a full folder has: 2,500, or fewer where that was shown in another way already. */
  readonly manyObjects?: number;
}

/**
 * What every backend keeps. A new one calls this with its factory, whose stores see nothing of each other.
 */
export function describeOutputStore(
  name: string,
  create: () => Promise<StoreUnderTest>,
  traits: StoreTraits = {},
): void {
  describe(`OutputStore: ${name}`, () => {
    outputStoreContract(create, traits);
    sizesContract(create, traits);
    if (traits.signsUrls) signedUrlContract(create);
  });
}

const folder = '20260131T093000Z_0f8fad5b-d9cb-469f-a165-70867728950e';
const key = `${folder}/Patient-1-1.ndjson`;
const options = { contentType: 'application/fhir+ndjson', attempt: 1 };

function outputStoreContract(
  create: () => Promise<StoreUnderTest>,
  { manyObjects = 2500 }: StoreTraits,
): void {
  let under: StoreUnderTest;
  let store: OutputStore;

  beforeEach(async () => {
    under = await create();
    ({ store } = under);
    await store.createFolder(folder);
  });

  const put = async (name: string, ...blocks: string[]) => {
    const writer = await store.write(name, options);
    for (const block of blocks) await writer.write(Buffer.from(block));
    return await writer.commit();
  };
  const read = async (name: string, range?: { start: number; end: number }) => {
    const blocks: Buffer[] = [];
    for await (const block of await store.read(name, range)) blocks.push(block as Buffer);
    return Buffer.concat(blocks).toString();
  };
  const codeOf = async (work: () => Promise<unknown>) => {
    try {
      await work();
      return 'no error';
    } catch (error) {
      return (error as { code?: unknown }).code;
    }
  };

  test('an object is read back as it was written, with its size and checksum told', async () => {
    const text = 'é'.repeat(1000);
    const written = await put(key, text, '', text);
    expect(written).toEqual({ bytes: 4000, sha256: sha256Of(text + text) });
    expect(await read(key)).toBe(text + text);
    expect(await store.find(key)).toMatchObject({ key, bytes: 4000 });
  });

  test('an object of many blocks keeps their order', async () => {
    const blocks = Array.from({ length: 40 }, (_, n) => `${n}:${'x'.repeat(1 << 18)}\n`);
    const { bytes, sha256 } = await put(key, ...blocks);
    expect([bytes, sha256]).toEqual([blocks.join('').length, sha256Of(blocks.join(''))]);
    expect(sha256Of(await read(key))).toBe(sha256);
  });

  test('the memory of a block is the writer’s own again once write has resolved', async () => {
    const writer = await store.write(key, options);
    const block = Buffer.alloc(100_000, 'a');
    await writer.write(block);
    block.fill('b');
    await writer.write(block);
    await writer.commit();
    expect(await read(key)).toBe('a'.repeat(100_000) + 'b'.repeat(100_000));
  });

  test('an object without bytes is an object', async () => {
    expect(await put(key)).toEqual({ bytes: 0, sha256: sha256Of('') });
    expect(await read(key)).toBe('');
  });

  test('a range gives its bytes, both ends included', async () => {
    await put(key, '0123456789');
    expect(await read(key, { start: 2, end: 4 })).toBe('234');
    expect(await read(key, { start: 9, end: 9 })).toBe('9');
  });

  test('nothing of an object is visible before commit', async () => {
    const writer = await store.write(key, options);
    await writer.write(Buffer.from('half'));
    expect(await store.find(key)).toBeUndefined();
    expect(await store.list(folder)).toEqual([]);
    expect(await codeOf(() => store.read(key))).toBe('not-found');
    await writer.commit();
    expect((await store.list(folder)).map((object) => object.key)).toEqual([key]);
  });

  test('create stores an object where there is none, and leaves one that is there', async () => {
    expect(await store.create('place.json', Buffer.from('{"first":true}'))).toBe(true);
    expect(await store.create('place.json', Buffer.from('{"second":true}'))).toBe(false);
    expect(await read('place.json')).toBe('{"first":true}');
    expect((await store.find('place.json'))?.bytes).toBe(14);
    expect(await store.listFolders()).not.toContain('place.json');
    await store.remove('place.json');
    expect(await store.create('place.json', Buffer.from('{"third":true}'))).toBe(true);
    expect(await read('place.json')).toBe('{"third":true}');
    expect(await under.listEverything()).toEqual(['place.json']);
  });

  test('of many that create one object at once one alone does', async () => {
    const callers = Array.from({ length: 12 }, (_, n) => `caller ${n}`);
    const done = await Promise.all(
      callers.map((caller) => store.create('place.json', Buffer.from(caller))),
    );
    expect(done.filter(Boolean)).toHaveLength(1);
    expect(await read('place.json')).toBe(callers[done.indexOf(true)]);
    expect(await under.listEverything()).toEqual(['place.json']);
  });

  test('a second write of a key replaces the first whole', async () => {
    await put(key, 'a longer first text');
    const writer = await store.write(key, options);
    await writer.write(Buffer.from('second'));
    expect(await read(key)).toBe('a longer first text');
    await writer.commit();
    expect(await read(key)).toBe('second');
  });

  test.each([
    ['first', 'last'],
    ['last', 'first'],
  ])('of two attempts at a key the later one stands, when it commits %s', async (when) => {
    const earlier = await store.write(key, { ...options, attempt: 1 });
    await earlier.write(Buffer.from('earlier'));
    const later = await store.write(key, { ...options, attempt: 2 });
    await later.write(Buffer.from('later, longer'));
    if (when === 'last') await codeOf(() => earlier.commit());
    await later.commit();
    if (when === 'first') expect(await codeOf(() => earlier.commit())).not.toBe('no error');
    await earlier.abort();
    expect(await read(key)).toBe('later, longer');
    expect(await under.listEverything()).toEqual([key]);
  });

  test('of two attempts that commit at the same time the later one stands', async () => {
    const earlier = await store.write(key, { ...options, attempt: 1 });
    await earlier.write(Buffer.from('earlier'));
    const later = await store.write(key, { ...options, attempt: 2 });
    await later.write(Buffer.from('later, longer'));
    await Promise.all([codeOf(() => earlier.commit()), later.commit()]);
    await earlier.abort();
    expect(await read(key)).toBe('later, longer');
    expect(await under.listEverything()).toEqual([key]);
  });

  test('abort leaves nothing, however often, and is harmless after commit', async () => {
    const writer = await store.write(key, options);
    await writer.write(Buffer.from('half'));
    await writer.abort();
    await writer.abort();
    expect(await under.listEverything()).toEqual([]);
    const kept = await store.write(key, options);
    await kept.write(Buffer.from('whole'));
    await kept.commit();
    await kept.abort();
    expect(await read(key)).toBe('whole');
  });

  test('abort leaves nothing of what is in the middle of many blocks', async () => {
    const writer = await store.write(key, options);
    for (let n = 0; n < 20; n++) await writer.write(Buffer.alloc(1 << 20, 'x'));
    await writer.abort();
    expect(await under.listEverything()).toEqual([]);
    expect(await codeOf(() => writer.commit())).not.toBe('no error');
    expect(await under.listEverything()).toEqual([]);
  });

  test('a name may have every character that names of files can have, and be long', async () => {
    const characters =
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefghijklmnopqrstuvwxyz_0123456789..ndjson.gz';
    const names = [characters, '0', `Q${'.-_'.repeat(66)}z`].map((name) => `${folder}/${name}`);
    for (const name of names) await put(name, name);
    expect((await store.list(folder)).map((object) => object.key).sort()).toEqual(names.sort());
    for (const name of names) expect(await read(name)).toBe(name);
    for (const name of names) await store.remove(name);
    expect(await under.listEverything()).toEqual([]);
  });

  test(`${manyObjects} objects are listed, and removed with their folder`, async () => {
    const other = folder.replace('093000', '101500');
    await store.createFolder(other);
    const names = Array.from(
      { length: manyObjects },
      (_, n) => `${folder}/Patient-${n + 1}-1.ndjson`,
    );
    if (under.fill) await under.fill(names);
    else await Promise.all(names.map((name) => put(name)));
    await put(`${other}/Patient-1-1.ndjson`, 'another');
    expect((await store.list(folder)).map((object) => object.key).sort()).toEqual(names.sort());
    expect((await store.listFolders()).sort()).toEqual([folder, other]);
    await store.removeFolder(folder);
    expect(await under.listEverything()).toEqual([`${other}/Patient-1-1.ndjson`]);
    expect(await store.listFolders()).toEqual([other]);
  }, 120_000);

  test('what a late writer leaves in a removed folder is found, and removed with it', async () => {
    await put(key, 'done');
    const late = await store.write(`${folder}/Patient-1-2.ndjson`, options);
    await late.write(Buffer.from('before'));
    await store.removeFolder(folder);
    await codeOf(() => late.commit());
    await late.abort();
    for (const left of await store.listFolders()) await store.removeFolder(left);
    expect(await under.listEverything()).toEqual([]);
    expect(await store.listFolders()).toEqual([]);
  });

  test('removeUnfinished takes what is not committed and makes its writer fail', async () => {
    await put(key, 'done');
    const left = await store.write(`${folder}/Patient-1-2.ndjson`, options);
    // Enough for every store to have begun.
    await left.write(Buffer.alloc(20 << 20, 'x'));
    await store.removeUnfinished(folder);
    expect(await codeOf(() => left.commit())).not.toBe('no error');
    await left.abort();
    expect(await under.listEverything()).toEqual([key]);
    await store.removeUnfinished(folder.replace('093000', '101500'));
  });

  test('list and listFolders tell of whole objects and of folders', async () => {
    const other = folder.replace('093000', '101500');
    await store.createFolder(other);
    await store.createFolder(other);
    await put(`${other}/Patient-1-1.ndjson`, 'another');
    await put(key, 'one');
    await put(`${folder}/Patient-1-2.ndjson.gz`, 'three');
    const objects = await store.list(folder);
    expect(objects.map((object) => [object.key, object.bytes]).sort()).toEqual([
      [key, 3],
      [`${folder}/Patient-1-2.ndjson.gz`, 5],
    ]);
    expect((await store.listFolders()).sort()).toEqual([folder, other]);
    expect(await store.list('20260131T000000Z_unknown')).toEqual([]);
  });

  test('removing an object or a folder twice is harmless', async () => {
    await put(key, 'one');
    await store.remove(key);
    await store.remove(key);
    expect(await store.find(key)).toBeUndefined();
    await store.removeFolder(folder);
    await store.removeFolder(folder);
    expect(await store.listFolders()).toEqual([]);
  });

  test.each([
    '../outside.ndjson',
    `${folder}/../../outside.ndjson`,
    `${folder}/..`,
    `/etc/passwd`,
    `${folder}//Patient-1-1.ndjson`,
    `${folder}/.hidden`,
    `${folder}/sub/Patient-1-1.ndjson`,
    `${folder}\\..\\outside`,
    `${folder}/Patient\u0000.ndjson`,
    '',
  ])('%j is no key, for no method', async (wrong) => {
    const methods: (() => Promise<unknown>)[] = [
      () => store.write(wrong, options),
      () => store.find(wrong),
      () => store.read(wrong),
      () => store.remove(wrong),
      () => store.list(wrong),
      () => store.removeUnfinished(wrong),
      () => store.removeFolder(wrong),
      () => store.createFolder(wrong),
    ];
    for (const method of methods) expect(await codeOf(method)).toBe('invalid-key');
    expect(await under.listEverything()).toEqual([]);
  });
}

function sizesContract(create: () => Promise<StoreUnderTest>, traits: StoreTraits): void {
  const { partBytes = 8 << 20, largestBytes = 1 << 30 } = traits;

  test.each([1, partBytes, partBytes + 1, 64 << 20])(
    'an object of %i bytes is read back as it was written',
    async (bytes) => {
      const { store } = await create();
      await store.createFolder(folder);
      const writer = await store.write(key, options);
      const sent = createHash('sha256');
      for (const block of blocksOf(bytes)) {
        sent.update(block);
        await writer.write(block);
      }
      const sha256 = sent.digest('hex');
      expect(await writer.commit()).toEqual({ bytes, sha256 });
      const got = createHash('sha256');
      for await (const block of await store.read(key)) got.update(block as Buffer);
      expect(got.digest('hex')).toBe(sha256);
      expect(await store.find(key)).toMatchObject({ bytes });
    },
  );

  if (largestBytes === 0) return;
  test('a large object is written in little memory', async () => {
    const { store, description } = await create();
    if (!description) throw new Error('there is no description to make the store from');
    await store.createFolder(folder);
    const { written, read, grownBytes } = await streamInChild(description, key, largestBytes);
    expect(written).toEqual({ bytes: largestBytes, sha256: read });
    expect(grownBytes).toBeLessThan(64 << 20);
  }, 300_000);
}

/** Blocks that differ, of a length that fits no part. */
function* blocksOf(bytes: number): Generator<Buffer> {
  const block = Buffer.from('0123456789'.repeat(100_003));
  for (let at = 0; at < bytes; at += block.length) {
    block.writeUInt32BE(at);
    yield block.subarray(0, Math.min(block.length, bytes - at));
  }
}

function signedUrlContract(create: () => Promise<StoreUnderTest>): void {
  test.each(['identity', 'gzip'])(
    'a signed URL gives the object as it is stored, to a client that takes %s',
    async (accepted) => {
      const { store } = await create();
      await store.createFolder(folder);
      const text = `${'{"resourceType":"Patient"}\n'.repeat(1000)}`;
      const objects = [
        { name: key, content: Buffer.from(text), contentType: 'application/fhir+ndjson' },
        { name: `${key}.gz`, content: gzipSync(text), contentType: 'application/gzip' },
      ];
      for (const { name, content, contentType } of objects) {
        const writer = await store.write(name, { contentType, attempt: 1 });
        await writer.write(content);
        await writer.commit();
        const url = await store.signUrl!(name, new Date(Date.now() + 60_000));
        const answer = await fetch(url, { headers: { 'Accept-Encoding': accepted } });
        expect([answer.status, answer.headers.get('content-type')]).toEqual([200, contentType]);
        expect(answer.headers.get('content-encoding')).toBeNull();
        const fileName = name.slice(folder.length + 1);
        expect(answer.headers.get('content-disposition')).toBe(
          `attachment; filename="${fileName}"`,
        );
        expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
      }
    },
  );
}
