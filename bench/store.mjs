import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePort, removeDataDir, startStack } from '../packages/embedded/dist/index.js';
import { createPool, migrate } from '../packages/postgres/dist/index.js';
import { disk, run, shell } from './measure.mjs';

const root = resolve(import.meta.dirname, '..');
const sluice = join(root, 'packages/cli/bin/sluice.js');
const resourcesPerPatient = 470;
/** Raised when the generator or the schema makes other data: what was kept is made anew then. */
const dataVersion = 'sample-data-3';

/** Runs the CLI. */
export async function cli(args, env = {}) {
  return await run(process.execPath, [sluice, ...args], {
    env: { ...process.env, DATABASE_URL: '', ...env },
  });
}

/** Generates sample data of about `size` resources into a folder. */
export async function generate(size, folder) {
  const patients = String(Math.ceil(size / resourcesPerPatient));
  await cli(['generate', '--patients', patients, '--out', folder]);
}

/** What a store is made of: a name, and how its NDJSON comes to be in a folder. */
export function sampleData(size) {
  return { name: String(size), make: (folder) => generate(size, folder) };
}

/**
 * A store and the stack that serves it: Postgres, Redis, API and workers, each a process of its own
 * as when deployed. The data is made and loaded once, and kept.
 */
export async function openStore(under, { name, make }, { workers = 1, env = {} } = {}) {
  const folder = resolve(under, name);
  await loadOnce(folder, name, make);
  disk.folder = folder;
  const stack = await startStack({
    dataDir: folder,
    port: await freePort(),
    host: '127.0.0.1',
    workers,
    purpose: 'bench',
    apiPath: join(root, 'services/api'),
    workerPath: join(root, 'services/worker'),
    env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...env },
    migrate,
    onEvent: ({ event, name: what, reason = '' }) => {
      if (!['started', 'stopping', 'stopped'].includes(event))
        process.stderr.write(`${what} ${event} ${reason}\n`);
    },
  });
  const pool = createPool(stack.databaseUrl, { max: 2 });
  const { rows } = await pool.query('select count(*)::int as n from sluice.current_resources');
  const known = new Map();
  const store = {
    folder,
    base: stack.url,
    databaseUrl: stack.databaseUrl,
    redisKind: stack.redisKind,
    pool,
    resources: rows[0].n,
    shell: (command, env = {}) =>
      shell(command, {
        DATABASE_URL: stack.databaseUrl,
        OUT: join(folder, 'reference.out'),
        ...env,
      }),
    /** Compares the sorted lines of the files in a manifest, and its counts, with what SQL says they should be. */
    check: async ({ manifest }, query = everything, read = 'cat') => {
      if (!known.has(query)) known.set(query, await factsOfQuery(store, query));
      const expected = known.get(query);
      const count = manifest.output.reduce((sum, file) => sum + file.count, 0);
      const files = filesOf(folder, manifest);
      const hash = await store.shell(`cat ${files} < /dev/null | ${read} | ${sortedHash}`);
      if (hash !== expected.hash || count !== expected.count)
        throw new Error(
          `the export is not what is stored: ${count} lines (${hash}), not ${expected.count} (${expected.hash})`,
        );
    },
    close: async () => {
      await pool.end();
      await stack.stop();
    },
  };
  return store;
}

/** Everything that is stored. */
export const everything = 'select body from sluice.current_resources';

const sortedHash = "LC_ALL=C sort --parallel=2 -S 2G | md5sum | cut -d' ' -f1";

async function factsOfQuery({ shell: inShell, pool }, query) {
  const read = 'psql -X -q -At -v FETCH_COUNT=20000 "$DATABASE_URL" -c "$QUERY"';
  const { rows } = await pool.query(`select count(*)::int as n from (${query}) q`);
  const hash = await inShell(`${read} | ${sortedHash}`, { QUERY: query });
  return { hash, count: rows[0].n };
}

/** Where the files that a manifest names lie. */
function filesOf(folder, { output }) {
  return output
    .map(({ url }) => new URL(url).pathname.split('/').slice(-2))
    .map(([id, name]) => `"${folder}"/files/*_${id}/"${name}"`)
    .join(' ');
}

async function loadOnce(folder, name, make) {
  const ready = join(folder, 'ready');
  if ((await readFile(ready, 'utf8').catch(() => '')) === dataVersion) return;
  process.stderr.write(`making the data of ${name} (once)\n`);
  await removeDataDir(folder);
  await mkdir(folder, { recursive: true });
  const generated = join(folder, 'generated');
  await make(generated);
  await cli(['load', generated, '--data-dir', folder]);
  await rm(generated, { recursive: true });
  await writeFile(ready, dataVersion);
}
