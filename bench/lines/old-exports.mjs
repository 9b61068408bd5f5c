import { inTurn, summary } from '../measure.mjs';
import { openStore } from '../store.mjs';
import { smallData } from './small.mjs';
import { timeWhole } from './whole.mjs';

const exportsKept = 10_000;
const partsEach = 40;

export const oldExports = {
  name: 'old-exports',
  about: `a small export beside ${exportsKept} completed ones, with ${partsEach} parts and files each, against none`,
  async *measure({ under, rounds, quick }) {
    const store = await openStore(under, smallData);
    try {
      const counted = quick ? 1 : rounds * 4;
      const measure = async (title) =>
        (await inTurn(title, counted, async () => ({ sluice: await timeWhole(store) }))).sluice;
      const before = await measure('no old exports');
      await addOldExports(store.pool);
      const beside = await measure(`${exportsKept} old exports`);
      await removeOldExports(store.pool);
      const after = await measure('no old exports again');
      const reference = summary([...before, ...after]);
      yield {
        what: this.about,
        size: store.resources,
        unit: 's',
        reference,
        subject: summary(beside),
        ratio: summary([summary(beside).median / reference.median]),
        target: 1.05,
      };
    } finally {
      await removeOldExports(store.pool).catch(() => undefined);
      await store.close();
    }
  },
};

async function addOldExports(pool) {
  await pool.query(
    `insert into sluice.exports (id, state, kick_off, subject, folder, transaction_time, settled, parts_total, parts_completed,
                                 completed_at, ended_at, expires_at)
     select gen_random_uuid(), 'completed', '{}', 'bench-old', 'old-' || n, clock_timestamp(), true, $2, $2,
            clock_timestamp(), clock_timestamp(), clock_timestamp() + interval '7 days'
       from generate_series(1, $1::int) n`,
    [exportsKept, partsEach],
  );
  await pool.query(
    `insert into sluice.parts (export_id, number, kind, type, access, range_from, range_to, state, attempt, resources, bytes)
     select id, n, 'output', 'Observation', 'range', n * 1000, (n + 1) * 1000, 'completed', 1, 1000, 1000000
       from sluice.exports, generate_series(1, $1::int) n where subject = 'bench-old'`,
    [partsEach],
  );
  await pool.query(
    `insert into sluice.output_files (export_id, part_number, number, kind, type, name, count, bytes, sha256)
     select id, n, 1, 'output', 'Observation', 'Observation-' || n || '-1.ndjson', 1000, 1000000, repeat('0', 64)
       from sluice.exports, generate_series(1, $1::int) n where subject = 'bench-old'`,
    [partsEach],
  );
  await pool.query('vacuum analyze sluice.exports, sluice.parts, sluice.output_files');
}

async function removeOldExports(pool) {
  await pool.query(`delete from sluice.exports where subject = 'bench-old'`);
  await pool.query('vacuum analyze sluice.exports, sluice.parts, sluice.output_files');
}
