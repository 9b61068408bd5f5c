import { inTurn, ratios, remove, summary, timeExport } from '../measure.mjs';
import { openStore, sampleData } from '../store.mjs';
import { million, timeWhole } from './whole.mjs';

const shares = [
  { newest: 0.01, name: '1 %', target: 0.05 },
  { newest: 0.1, name: '10 %', target: 0.25 },
];

export const since = {
  name: 'since',
  about: '_since, so that the newest 1 or 10 % are told, against the full export',
  async *measure({ under, sizes, rounds }) {
    const store = await openStore(under, sampleData(sizes.at(-1)));
    try {
      const { rows } = await store.pool.query(
        `select sluice.instant(unnest(percentile_disc($1::float8[]) within group (order by last_updated))) as at
           from sluice.current_resources`,
        [shares.map(({ newest }) => 1 - newest)],
      );
      const instants = rows.map(({ at }) => at);
      const seconds = await inTurn(`since ${store.resources}`, rounds, async () => {
        const figures = { full: await timeWhole(store) };
        for (const [i, { name }] of shares.entries()) {
          const result = await timeExport(store.base, `/$export?_since=${instants[i]}`);
          await store.check(
            result,
            `select body from sluice.current_resources where last_updated > '${instants[i]}'`,
          );
          await remove(result);
          figures[name] = result.seconds;
        }
        return figures;
      });
      for (const { name, target } of shares) {
        yield {
          what: `_since with the newest ${name} against the full export`,
          size: store.resources,
          unit: 's',
          reference: summary(seconds.full),
          subject: summary(seconds[name]),
          ratio: ratios(seconds[name], seconds.full),
          ...(sizes.at(-1) >= million && { target }),
        };
      }
    } finally {
      await store.close();
    }
  },
};
