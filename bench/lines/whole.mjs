import { inTurn, ratios, remove, summary, timed, timeExport } from '../measure.mjs';
import { peakMegabytes } from '../processes.mjs';
import { openStore, sampleData } from '../store.mjs';

/** Targets of ratios are meant for this many resources; smaller sizes are shown for comparison. */
export const million = 1_000_000;

/** `psql COPY` of everything to a file on the same disk; `pipe` is what it goes through. */
export async function timeCopy(store, pipe = '') {
  const copy = `psql -X -q "$DATABASE_URL" -c "copy (select body from sluice.resources where is_current) to stdout"`;
  return await timed(() => store.shell(`${copy} ${pipe} > "$OUT"`));
}

/** One whole export, checked and removed; seconds. */
export async function timeWhole(store, path = '/$export', read = 'cat') {
  const result = await timeExport(store.base, path);
  await store.check(result, undefined, read);
  await remove(result);
  return result.seconds;
}

function wholeLine({ name, about, path, pipe, read, target, stretch }) {
  return {
    name,
    about,
    async *measure({ under, sizes, rounds, results }) {
      for (const size of sizes) {
        const store = await openStore(under, sampleData(size));
        try {
          const { copy, sluice } = await inTurn(`${name} ${store.resources}`, rounds, async () => ({
            copy: await timeCopy(store, pipe),
            sluice: await timeWhole(store, path, read),
          }));
          yield {
            what: about,
            size: store.resources,
            unit: 's',
            reference: summary(copy),
            subject: summary(sluice),
            ratio: ratios(sluice, copy),
            ...(size >= million && { target, stretch }),
            redis: store.redisKind,
          };
          yield {
            what: 'peak RSS of the worker',
            size: store.resources,
            unit: 'MB',
            ...measuredOr(peakMegabytes('services/worker'), 'memory is read from /proc (Linux)'),
            target: 200,
            stretch: 150,
            judged: 'subject',
          };
        } finally {
          await store.close();
        }
      }
      yield* growth(name, results);
    },
  };
}

/** Time per resource, and memory, of the largest size against the smallest. */
function* growth(name, results) {
  const own = results.filter(({ line, missing }) => line === name && !missing);
  const times = own.filter(({ unit }) => unit === 's');
  if (times.length < 2) return;
  const [first, last] = [times[0], times.at(-1)];
  const per = ({ subject, size }) => (subject.median / size) * 1e6;
  yield {
    what: 'time per resource, largest against smallest',
    size: last.size,
    unit: 'µs',
    reference: summary([per(first)]),
    subject: summary([per(last)]),
    ratio: summary([per(last) / per(first)]),
    target: 1.05,
  };
  const peaks = own.filter(({ unit }) => unit === 'MB');
  const [small, large] = [peaks[0], peaks.at(-1)];
  if (!large) return;
  yield {
    what: 'peak RSS, largest against smallest',
    size: last.size,
    unit: 'MB',
    reference: small.subject,
    subject: large.subject,
    ratio: summary([large.subject.median / small.subject.median]),
    target: 1.1,
  };
}

function measuredOr(value, missing) {
  return value === undefined ? { missing } : { subject: summary([value]) };
}

export const whole = wholeLine({
  name: 'whole',
  about: 'system export, plain, against psql COPY > file',
  path: '/$export',
  pipe: '',
  read: 'cat',
  target: 0.75,
  stretch: 0.6,
});

export const gzip = wholeLine({
  name: 'gzip',
  about: 'system export, gzip, against psql COPY through gzip -1 > file',
  path: '/$export?_outputFormat=application/fhir%2Bndjson%2Bgzip',
  pipe: '| gzip -1',
  read: 'gunzip -c',
  target: 0.41,
  stretch: 0.33,
});
