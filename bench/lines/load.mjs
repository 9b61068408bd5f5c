import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { inTurn, ratios, run, shell, summary, timed } from '../measure.mjs';
import { cli, generate, openStore } from '../store.mjs';
import { smallData } from './small.mjs';

/** Enough for the ratio: loading is the same work for every resource. */
const mostResources = 200_000;

export const load = {
  name: 'load',
  about:
    'sluice load of NDJSON into an empty store, against psql COPY of the lines into one column',
  async *measure({ under, sizes, rounds }) {
    // Any store will do: what is loaded goes into databases of their own on its server.
    const store = await openStore(under, smallData);
    const folder = join(resolve(under), 'to-load');
    try {
      await generate(Math.min(sizes.at(-1), mostResources), folder);
      const lines = Number(await shell(`cat "${folder}"/*.ndjson | wc -l`));
      const { copy, sluice, again } = await inTurn(`load ${lines}`, rounds, async () => ({
        copy: await inDatabase(store, timeCopy(folder)),
        ...(await inDatabase(store, async (env) => ({
          sluice: await timeLoad(folder, lines)(env),
          again: await timed(() => cli(['load', folder], env)),
        }))),
      }));
      yield {
        what: this.about,
        size: lines,
        unit: 's',
        reference: summary(copy),
        subject: summary(sluice),
        ratio: ratios(sluice, copy),
        target: 4,
        stretch: 2.5,
      };
      yield {
        what: 'sluice load again, unchanged, against the first load',
        size: lines,
        unit: 's',
        reference: summary(sluice),
        subject: summary(again),
        ratio: ratios(again, sluice),
        target: 0.25,
        stretch: 0.15,
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
      await store.close();
    }
  },
};

/** Runs `work` with the URL of an empty database. */
export async function inDatabase(store, work) {
  const url = new URL(store.databaseUrl);
  url.pathname = '/bench_load';
  await store.pool.query('drop database if exists bench_load with (force)');
  await store.pool.query('create database bench_load');
  try {
    return await work({ DATABASE_URL: url.href });
  } finally {
    await store.pool.query('drop database bench_load with (force)');
    await store.pool.query('checkpoint');
  }
}

/** A CSV whose quote and delimiter occur nowhere takes each line as it is. */
const intoOneColumn = String.raw`psql -X -q "$DATABASE_URL" -c "copy lines (body) from stdin (format csv, delimiter e'\x01', quote e'\x02')"`;

function timeCopy(folder) {
  return async (env) => {
    await shell('psql -X -q "$DATABASE_URL" -c "create table lines (body text)"', env);
    return await timed(() => shell(`cat "${folder}"/*.ndjson | ${intoOneColumn}`, env));
  };
}

function timeLoad(folder, lines) {
  return async (env) => {
    await cli(['migrate'], env);
    const seconds = await timed(() => cli(['load', folder], env));
    const count = 'select count(*) from sluice.current_resources';
    const stored = await run('psql', ['-X', '-At', env.DATABASE_URL, '-c', count]);
    if (Number(stored) !== lines) throw new Error(`${stored.trim()} of ${lines} lines are stored`);
    return seconds;
  };
}
