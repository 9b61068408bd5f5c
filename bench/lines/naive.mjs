import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exportNaively } from '../naive-exporter.mjs';
import { inTurn, ratios, summary, timed } from '../measure.mjs';
import { openStore, sampleData } from '../store.mjs';
import { timeWhole } from './whole.mjs';

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
        let warm = false;
        const seconds = await inTurn(`naive ${store.resources}`, counted, async (n) => {
          const sluice = await timeWhole(store);
          // Its warm-up would double minutes; the data is warm by then.
          if (n === 0) return { sluice };
          warm = true;
          return { sluice, naive: await timeNaive(store) };
        });
        if (!warm) throw new Error('no round was counted');
        yield {
          what: `${this.about}${counted < rounds ? ` (${counted} round${counted === 1 ? '' : 's'})` : ''}`,
          size: store.resources,
          unit: 's',
          reference: summary(seconds.sluice),
          subject: summary(seconds.naive),
          ratio: ratios(seconds.naive, seconds.sluice),
          target: targets.get(size),
          atLeast: true,
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
