import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createOutputStore, type OutputStore } from '@sluice/storage';
import { describeOutputStore } from '../support/output-store-contract.ts';
import { tempFolder } from '../support/temp-folder.ts';

const folder = '20260131T093000Z_0f8fad5b-d9cb-469f-a165-70867728950e';
const key = `${folder}/Patient-1-1.ndjson`;
const options = { contentType: 'application/fhir+ndjson', attempt: 1 };

async function newStore(): Promise<{ root: string; store: OutputStore }> {
  const root = join(await tempFolder('store'), 'files');
  return { root, store: await createOutputStore({ provider: 'file', root }) };
}

/** Files below a folder, temporaries too, as keys. */
async function filesIn(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true }).catch(() => []);
  const facts = await Promise.all(names.map((name) => stat(join(root, name))));
  return names.filter((_, n) => facts[n]?.isFile()).sort();
}

describeOutputStore('file', async () => {
  const { root, store } = await newStore();
  const description = { provider: 'file', root } as const;
  return { store, description, listEverything: () => filesIn(root) };
});

describe('a store with folders', () => {
  test('refuses to write into one that was never made, or is removed', async () => {
    const { store } = await newStore();
    await expect(store.write(key, options)).rejects.toMatchObject({ code: 'not-found' });
    await store.createFolder(folder);
    await store.removeFolder(folder);
    await expect(store.write(key, options)).rejects.toMatchObject({ code: 'not-found' });
  });

  test('lets a writer that is late, after its folder was removed, fail and leave nothing', async () => {
    const { root, store } = await newStore();
    await store.createFolder(folder);
    const late = await store.write(key, options);
    await late.write(Buffer.from('before'));
    await store.removeFolder(folder);
    const finish = async () => {
      await late.write(Buffer.from('after'));
      await late.commit();
    };
    await expect(finish()).rejects.toMatchObject({ code: 'not-found' });
    await late.abort();
    expect(await readdir(root)).toEqual([]);
  });
});
