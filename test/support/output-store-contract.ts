import type { OutputStore } from '@sluice/storage';
import { sha256Of } from './export-client.ts';

/** A store under test, and what lies in it by other means than its own. */
export interface StoreUnderTest {
  readonly store: OutputStore;
  /** Keys of the objects there are, and something for each unfinished write; sorted. */
  listEverything(): Promise<string[]>;
}

/**
 * What every backend keeps. A new one calls this with its factory, whose stores see nothing of each other.
 */
export function describeOutputStore(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`OutputStore: ${name}`, () => outputStoreContract(create));
}

function outputStoreContract(create: () => Promise<StoreUnderTest>): void {
  const folder = '20260131T093000Z_0f8fad5b-d9cb-469f-a165-70867728950e';
  const key = `${folder}/Patient-1-1.ndjson`;
  const options = { contentType: 'application/fhir+ndjson', attempt: 1 };
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
