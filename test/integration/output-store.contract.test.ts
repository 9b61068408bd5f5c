import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createOutputStore, type OutputStore } from '@sluice/storage';
import { sha256Of } from '../support/export-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A store under test, and what lies in it by other means than its own. */
interface StoreUnderTest {
  readonly store: OutputStore;
  /** Everything there is, unfinished writes too. */
  listEverything(): Promise<string[]>;
}

describe('OutputStore in a folder', () => {
  outputStoreContract(async () => {
    const root = await tempFolder('store');
    return {
      store: createOutputStore({
        BOX_FHIR_BULK_STORAGE_PROVIDER: 'file',
        FILE_STORAGE_DIR: join(root, 'files'),
      }),
      listEverything: async () =>
        (await readdir(root, { recursive: true }))
          .filter((name) => name !== 'files')
          .map((name) => name.replace(/^files\//, ''))
          .sort(),
    };
  });
});

/** What every backend keeps; a new one is called with its factory. */
function outputStoreContract(create: () => Promise<StoreUnderTest>): void {
  const folder = '20260131T093000Z_0f8fad5b-d9cb-469f-a165-70867728950e';
  const key = `${folder}/Patient-1-1.ndjson`;
  const type = 'application/fhir+ndjson';
  let under: StoreUnderTest;
  let store: OutputStore;

  beforeEach(async () => {
    under = await create();
    ({ store } = under);
    await store.createFolder(folder);
  });

  const put = async (name: string, ...blocks: string[]) => {
    const writer = await store.write(name, type);
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
    const writer = await store.write(key, type);
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
    const writer = await store.write(key, type);
    await writer.write(Buffer.from('half'));
    expect(await store.find(key)).toBeUndefined();
    expect(await store.list(folder)).toEqual([]);
    expect(await codeOf(() => store.read(key))).toBe('not-found');
    await writer.commit();
    expect((await store.list(folder)).map((object) => object.key)).toEqual([key]);
  });

  test('a second write of a key replaces the first whole', async () => {
    await put(key, 'a longer first text');
    const writer = await store.write(key, type);
    await writer.write(Buffer.from('second'));
    expect(await read(key)).toBe('a longer first text');
    await writer.commit();
    expect(await read(key)).toBe('second');
  });

  test('of two writers of a key at once the later commit stands, whole', async () => {
    const [one, two] = [await store.write(key, type), await store.write(key, type)];
    await Promise.all([one.write(Buffer.from('one')), two.write(Buffer.from('two, longer'))]);
    await two.commit();
    await one.commit();
    expect(await read(key)).toBe('one');
    expect(await under.listEverything()).toHaveLength(2);
  });

  test('abort leaves nothing, however often, and is harmless after commit', async () => {
    const writer = await store.write(key, type);
    await writer.write(Buffer.from('half'));
    await writer.abort();
    await writer.abort();
    expect(await under.listEverything()).toEqual([folder]);
    const kept = await store.write(key, type);
    await kept.write(Buffer.from('whole'));
    await kept.commit();
    await kept.abort();
    expect(await read(key)).toBe('whole');
  });

  test('a write into a folder that was never made, or is removed, is refused', async () => {
    const other = folder.replace('093000', '101500');
    expect(await codeOf(() => store.write(`${other}/Patient-1-1.ndjson`, type))).toBe('not-found');
    await store.removeFolder(folder);
    expect(await codeOf(() => store.write(key, type))).toBe('not-found');
    expect(await under.listEverything()).toEqual([]);
  });

  test('a writer that is late, after its folder was removed, fails and leaves nothing', async () => {
    await put(key, 'done');
    const late = await store.write(`${folder}/Patient-1-2.ndjson`, type);
    await late.write(Buffer.from('before'));
    await store.removeFolder(folder);
    const finish = async () => {
      await late.write(Buffer.from('after'));
      await late.commit();
    };
    expect(await codeOf(finish)).toBe('not-found');
    await late.abort();
    expect(await under.listEverything()).toEqual([]);
    expect(await store.listFolders()).toEqual([]);
  });

  test('removeUnfinished takes what is not committed and makes its writer fail', async () => {
    await put(key, 'done');
    const left = await store.write(`${folder}/Patient-1-2.ndjson`, type);
    await left.write(Buffer.from('half'));
    await store.removeUnfinished(folder);
    expect(await codeOf(() => left.commit())).toBe('not-found');
    await left.abort();
    expect(await under.listEverything()).toEqual([folder, key]);
    await store.removeUnfinished(folder.replace('093000', '101500'));
  });

  test('list and listFolders tell of whole objects and of folders', async () => {
    const other = folder.replace('093000', '101500');
    await store.createFolder(other);
    await store.createFolder(other);
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
      () => store.write(wrong, type),
      () => store.find(wrong),
      () => store.read(wrong),
      () => store.remove(wrong),
      () => store.list(wrong),
      () => store.removeUnfinished(wrong),
      () => store.removeFolder(wrong),
      () => store.createFolder(wrong),
    ];
    for (const method of methods) expect(await codeOf(method)).toBe('invalid-key');
    expect(await under.listEverything()).toEqual([folder]);
  });
}
