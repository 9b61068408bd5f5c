import { remove, summary, timeExport } from '../measure.mjs';
import { cpuSeconds } from '../processes.mjs';
import { openStore, sampleData } from '../store.mjs';

const paths = [
  ['plain', '/$export'],
  ['gzip', '/$export?_outputFormat=application/fhir%2Bndjson%2Bgzip'],
];

export const costs = {
  name: 'costs',
  about: 'CPU time of each kind of process for each resource of a system export',
  async *measure({ under, sizes, rounds }) {
    const store = await openStore(under, sampleData(sizes.at(-1)));
    try {
      for (const [format, path] of paths) {
        await remove(await timeExport(store.base, path));
        const before = cpuSeconds();
        for (let n = 0; n < rounds; n += 1) await remove(await timeExport(store.base, path));
        const after = cpuSeconds();
        for (const kind of Object.keys(after)) {
          const micros = ((after[kind] - before[kind]) / rounds / store.resources) * 1e6;
          yield {
            what: `${format}: CPU of ${kind}`,
            size: store.resources,
            unit: 'µs',
            ...(after[kind] === 0
              ? { missing: 'CPU times are read from /proc (Linux)' }
              : { subject: summary([micros]) }),
          };
        }
      }
    } finally {
      await store.close();
    }
  },
};
