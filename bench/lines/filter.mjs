import { setTimeout as pause } from 'node:timers/promises';
import { inTurn, ratios, remove, summary, timeExport } from '../measure.mjs';
import { peakMegabytes } from '../processes.mjs';
import { openStore, sampleData } from '../store.mjs';

const observations = `from sluice.current_resources where type = 'Observation'`;

/** Filters, and what they let through by SQL of another kind than Sluice's own. */
const filters = [
  {
    name: 'code',
    what: '_typeFilter=Observation?code=http://loinc.org|8867-4, which Postgres narrows',
    query: 'code=http://loinc.org|8867-4',
    expected: `select body ${observations} and body::jsonb->'code'->'coding' @> '[{"system":"http://loinc.org","code":"8867-4"}]'`,
  },
  {
    name: 'value',
    what: '_typeFilter=Observation?value-quantity=gt100, which nothing narrows',
    query: 'value-quantity=gt100',
    expected: `select body ${observations} and (body::jsonb->'valueQuantity'->>'value')::numeric > 100`,
  },
];

export const filter = {
  name: 'filter',
  about: '_typeFilter on Observations against the export of all Observations',
  async *measure({ under, sizes, rounds }) {
    const store = await openStore(under, sampleData(sizes.at(-1)));
    try {
      const parts = [];
      const time = async (path, query) => {
        const watching = watchParts(store.pool);
        const result = await timeExport(store.base, path);
        const most = await watching.end();
        await store.check(result, query);
        await remove(result);
        return { seconds: result.seconds, most };
      };
      const seconds = await inTurn(`filter ${store.resources}`, rounds, async () => {
        const all = await time('/$export?_type=Observation', `select body ${observations}`);
        const figures = { all: all.seconds };
        for (const { name, query, expected } of filters) {
          const given = encodeURIComponent(`Observation?${query}`);
          const path = `/$export?_type=Observation&_typeFilter=${given}`;
          const filtered = await time(path, expected);
          figures[name] = filtered.seconds;
          parts.push(filtered.most);
        }
        return figures;
      });
      for (const { name, what } of filters) {
        yield {
          what: `${what}, against all Observations`,
          size: store.resources,
          unit: 's',
          reference: summary(seconds.all),
          subject: summary(seconds[name]),
          ratio: ratios(seconds[name], seconds.all),
        };
      }
      yield {
        what: 'parts at once while filtering, most seen',
        size: store.resources,
        unit: '',
        subject: summary(parts),
      };
      const peak = peakMegabytes('services/worker');
      yield {
        what: 'peak RSS of the worker, all these exports',
        size: store.resources,
        unit: 'MB',
        ...(peak === undefined
          ? { missing: 'memory is read from /proc (Linux)' }
          : { subject: summary([peak]) }),
        target: 200,
        judged: 'subject',
      };
    } finally {
      await store.close();
    }
  },
};

/** How many parts are worked on at once, looked at every 20 ms. */
function watchParts(pool) {
  let most = 0;
  let over = false;
  const watching = (async () => {
    while (!over) {
      const { rows } = await pool.query(
        `select count(*)::int as n from sluice.parts where state = 'running' and lease_until > clock_timestamp()`,
      );
      most = Math.max(most, rows[0].n);
      await pause(20);
    }
  })();
  return {
    end: async () => {
      over = true;
      await watching;
      return most;
    },
  };
}
