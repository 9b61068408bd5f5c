import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exportNaively } from '../naive-exporter.mjs';
import { inTurn, ratios, summary, timed } from '../measure.mjs';
import { openStore, sampleData } from '../store.mjs';
import { timeCopy, timeWhole } from './whole.mjs';

/** How many times slower it has to be, by the size that was asked for; smaller sizes say little. */
const targets = new Map([
  [300_000, 12],
  [1_000_000, 25],
]);

/** OFFSET makes it slow enough for one round to say what there is to say. */
const slowFrom = 1_000_000;

export const naive = {
  name: 'naive',
  about: 'OFFSET pages, parse and stringify, as most servers do it, against Sluice',
  async *measure({ under, sizes, rounds, quick }) {
    for (const size of sizes.filter((n) => n >= 300_000 || quick)) {
      const store = await openStore(under, sampleData(size));
      try {
        const counted = size >= slowFrom ? 1 : Math.min(rounds, 3);
        const seconds = await inTurn(`naive ${store.resources}`, counted, async (n) => {
          const sluice = await timeWhole(store);
          // Its warm-up would double minutes; the data is warm by then.
          if (n === 0) return { sluice };
          return { sluice, copy: await timeCopy(store), naive: await timeNaive(store) };
        });
        const note = counted < rounds ? ` (${counted} round${counted === 1 ? '' : 's'})` : '';
        yield {
          what: `${this.about}${note}`,
          size: store.resources,
          unit: 's',
          reference: summary(seconds.sluice),
          subject: summary(seconds.naive),
          ratio: ratios(seconds.naive, seconds.sluice),
          target: targets.get(size),
          atLeast: true,
        };
        yield {
          what: `the same exporter against psql COPY > file${note}`,
          size: store.resources,
          unit: 's',
          reference: summary(seconds.copy),
          subject: summary(seconds.naive),
          ratio: ratios(seconds.naive, seconds.copy),
        };
      } finally {
        await store.close();
      }
    }
  },
};

async function timeNaive(store) {
  const folder = join(store.folder, 'naive');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  let written = 0;
  const seconds = await timed(async () => {
    written = await exportNaively(store.databaseUrl, folder);
  });
  await rm(folder, { recursive: true });
  if (written !== store.resources)
    throw new Error(`the naive exporter wrote ${written} of ${store.resources} resources`);
  return seconds;
}
