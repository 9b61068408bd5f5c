import { join, resolve } from 'node:path';
import { inTurn, ratios, remove, run, summary, timeExport } from '../measure.mjs';
import { howToInstall, objectStores } from '../object-stores.mjs';
import { openStore, sampleData } from '../store.mjs';
import { timeCopy, timeWhole } from './whole.mjs';

/** Export to an object store of this machine, which takes its share of the same CPUs. */
export const stores = {
  name: 'stores',
  about: 'system export to an object store against one to a folder, each as a ratio to psql COPY',
  async *measure({ under, sizes, rounds }) {
    const data = sampleData(sizes[0]);
    const file = await measureStore(under, data, rounds);
    for (const { name, start } of objectStores) {
      const what = `system export to ${name} against one to a folder`;
      const server = await start(under);
      if (!server) {
        yield { what, missing: howToInstall };
        continue;
      }
      try {
        const own = await measureStore(under, data, rounds, server.env);
        if (own.files !== file.files) throw new Error(`${name} holds other files than the folder`);
        yield {
          what,
          size: file.size,
          unit: 's',
          reference: summary(file.seconds),
          subject: summary(own.seconds),
          ratio: summary([own.ratio / file.ratio]),
        };
      } finally {
        await server.stop();
      }
    }
  },
};

/** Exports, as a ratio to COPY in the same session; `files` tells those exported, by their checksums. */
async function measureStore(under, data, rounds, env) {
  const store = await openStore(under, data, { env });
  let files = '';
  const exportWhole = async () => {
    const result = await timeExport(store.base, '/$export');
    const sums = result.manifest.output.map(sha256Of).sort().join();
    if (files !== '' && files !== sums) throw new Error('an export gave other files than before');
    files = sums;
    await remove(result);
    return result.seconds;
  };
  try {
    // Compares the lines with what is stored; the files of object stores are then compared with these.
    if (!env) await timeWhole(store);
    const { copy, sluice } = await inTurn(`stores ${store.resources}`, rounds, async () => ({
      copy: await timeCopy(store),
      sluice: await exportWhole(),
    }));
    const ratio = ratios(sluice, copy).median;
    return { files, size: store.resources, seconds: sluice, ratio };
  } finally {
    await store.close();
  }
}

function sha256Of({ extension }) {
  return extension['urn:sluice:output-file'].sha256;
}

const megabytes = 512;

/** What writing one large file costs the process that does nothing else. */
export const largeFile = {
  name: 'large-file',
  about: `one file of ${megabytes} MB, written to each store`,
  async *measure({ under, rounds, quick }) {
    const size = quick ? 64 : megabytes;
    const root = resolve(under, 'large-file');
    const folder = { description: { provider: 'file', root }, stop: () => Promise.resolve() };
    const all = [{ name: 'a folder', start: () => Promise.resolve(folder) }, ...objectStores];
    for (const { name, start } of all) {
      const what = `${size} MB to ${name}`;
      const server = await start(under);
      if (!server) {
        yield { what, missing: howToInstall };
        continue;
      }
      try {
        const script = join(import.meta.dirname, '../write-object.mjs');
        const args = [script, JSON.stringify(server.description), String(size)];
        const { rate, cpu, peak } = await inTurn(what, rounds, async () => {
          const took = JSON.parse(await run(process.execPath, ['--no-warnings', ...args]));
          return { rate: size / took.seconds, cpu: took.cpu, peak: took.peak };
        });
        yield { what, unit: 'MB/s', subject: summary(rate) };
        yield { what: `${what}: CPU of the writer`, unit: 's', subject: summary(cpu) };
        yield { what: `${what}: peak RSS of the writer`, unit: 'MB', subject: summary(peak) };
      } finally {
        await server.stop();
      }
    }
  },
};
