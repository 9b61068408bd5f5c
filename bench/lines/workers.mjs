import { inTurn, ratios, summary } from '../measure.mjs';
import { openStore, sampleData } from '../store.mjs';
import { timeCopy, timeWhole } from './whole.mjs';

export const workers = {
  name: 'workers',
  about: 'system export by two worker processes against one, each as a ratio to psql COPY',
  async *measure({ under, sizes, rounds }) {
    const measured = [];
    let size = 0;
    for (const count of [1, 2]) {
      const store = await openStore(under, sampleData(sizes.at(-1)), { workers: count });
      size = store.resources;
      try {
        const { copy, sluice } = await inTurn(`${count} workers ${size}`, rounds, async () => ({
          copy: await timeCopy(store),
          sluice: await timeWhole(store),
        }));
        measured.push({ sluice, ratio: ratios(sluice, copy).median });
      } finally {
        await store.close();
      }
    }
    const [one, two] = measured;
    yield {
      what: this.about,
      size,
      unit: 's',
      reference: summary(one.sluice),
      subject: summary(two.sluice),
      ratio: summary([two.ratio / one.ratio]),
    };
  },
};
