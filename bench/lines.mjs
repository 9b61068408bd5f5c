import { join } from 'node:path';
import { timeExport, timeShell } from './measure.mjs';

const copy =
  'psql -X -q "$DATABASE_URL" -c "copy (select body from sluice.resources where is_current) to stdout"';
const stored =
  'psql -X -q -At -v FETCH_COUNT=20000 "$DATABASE_URL" -c "select body from sluice.current_resources"';
const sortedHash = "LC_ALL=C sort --parallel=2 -S 2G | md5sum | cut -d' ' -f1";

/** A whole export against psql, both writing to the same disk. */
function whole({ path, pipe, read, target, stretch }) {
  let expectedSeconds = 0;
  return {
    target,
    stretch,
    reference: async (data) => ({
      seconds: await timeShell(`${copy} ${pipe} > "$OUT"`, {
        DATABASE_URL: data.databaseUrl,
        OUT: join(data.folder, 'reference.out'),
      }),
    }),
    subject: async (data) => {
      const result = await timeExport(data.baseUrl, path, expectedSeconds);
      // The quickest so far: a later one must not be found late for having been expected late.
      expectedSeconds = Math.min(expectedSeconds || result.seconds, result.seconds);
      return result;
    },
    check: async (data, { manifest }) => {
      const count = manifest.output.reduce((sum, item) => sum + item.count, 0);
      const folder = new URL(manifest.output[0].url).pathname.split('/').at(-2);
      const hash = await data.hash(
        `cat "${data.filesFolder}"/*_${folder}/* | ${read} | ${sortedHash}`,
      );
      const expected = await data.storedHash(`${stored} | ${sortedHash}`);
      if (count !== data.resources || hash !== expected) {
        throw new Error(
          `the export is not what is stored: ${count} of ${data.resources} lines, ${hash} for ${expected}`,
        );
      }
    },
  };
}

/** Every line of the benchmark, with its target and stretch as ratios of medians. */
export const lines = {
  whole: whole({ path: '/$export', pipe: '', read: 'cat', target: 0.75, stretch: 0.6 }),
  gzip: whole({
    path: '/$export?_outputFormat=application/fhir%2Bndjson%2Bgzip',
    pipe: '| gzip -1',
    read: 'gunzip -c',
    target: 0.41,
    stretch: 0.33,
  }),
};
