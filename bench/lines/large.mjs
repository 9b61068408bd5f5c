import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { summary } from '../measure.mjs';
import { peakMegabytes } from '../processes.mjs';
import { generate, openStore } from '../store.mjs';
import { timeWhole } from './whole.mjs';

const count = 20;
const megabytes = 20;

const data = {
  name: 'large-resources',
  make: async (folder) => {
    await generate(7000, folder);
    for (let n = 0; n < count; n += 1) {
      const data = String(n).padEnd((megabytes * 2 ** 20 * 4) / 4, 'QmFzZTY0');
      const line = `{"resourceType":"Binary","id":"large-${n}","meta":{"lastUpdated":"2025-01-01T00:00:00.000Z"},"contentType":"text/plain","data":"${data}"}\n`;
      await appendFile(join(folder, 'Binary.ndjson'), line);
    }
  },
};

export const large = {
  name: 'large',
  about: `memory with ${count} resources of ${megabytes} MB in the data`,
  async *measure({ under, quick }) {
    const store = await openStore(under, data);
    try {
      for (let n = 0; n < (quick ? 1 : 3); n += 1) await timeWhole(store);
      const peak = peakMegabytes('services/worker');
      yield {
        what: `peak RSS of the worker, ${this.about}`,
        size: store.resources,
        unit: 'MB',
        ...(peak === undefined
          ? { missing: 'memory is read from /proc (Linux)' }
          : { subject: summary([peak]) }),
        target: 200 + 2 * megabytes,
        stretch: 150,
        judged: 'subject',
      };
    } finally {
      await store.close();
    }
  },
};
