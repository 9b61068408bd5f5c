import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { inDatabase } from './load.mjs';
import { inTurn, ratios, summary, timed } from '../measure.mjs';
import { cli, openStore } from '../store.mjs';
import { smallData } from './small.mjs';

const few = 10_000;
const many = 80_000;

export const bundle = {
  name: 'bundle',
  about: `sluice load of a Bundle in one line: what an entry takes of ${many}, against one of ${few}`,
  async *measure({ under, rounds }) {
    const store = await openStore(under, smallData);
    const folder = join(resolve(under), 'bundles');
    try {
      await mkdir(folder, { recursive: true });
      for (const count of [few, many]) await writeBundle(join(folder, `${count}.json`), count);
      const microsOf = async (count) =>
        (1e6 * (await inDatabase(store, timeLoad(join(folder, `${count}.json`))))) / count;
      const { reference, subject } = await inTurn('bundle', rounds, async () => ({
        reference: await microsOf(few),
        subject: await microsOf(many),
      }));
      yield {
        what: this.about,
        size: many,
        unit: 'µs',
        reference: summary(reference),
        subject: summary(subject),
        ratio: ratios(subject, reference),
        target: 1.2,
        stretch: 1,
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
      await store.close();
    }
  },
};

function timeLoad(path) {
  return async (env) => {
    await cli(['migrate'], env);
    return await timed(() => cli(['load', path], env));
  };
}

async function writeBundle(path, count) {
  const file = createWriteStream(path);
  file.write('{"resourceType":"Bundle","type":"transaction","entry":[');
  for (let n = 0; n < count; n += 1) {
    const entry = {
      fullUrl: `urn:uuid:${n}`,
      resource: {
        resourceType: 'Observation',
        id: String(n),
        status: 'final',
        code: { text: 'Body height' },
        subject: { reference: 'urn:uuid:0' },
        valueQuantity: { value: n, unit: 'cm' },
      },
      request: { method: 'PUT', url: `Observation/${n}` },
    };
    if (!file.write(`${n === 0 ? '' : ','}${JSON.stringify(entry)}`)) await once(file, 'drain');
  }
  file.end(']}');
  await once(file, 'finish');
}
