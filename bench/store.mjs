import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePort, removeDataDir, startStack } from '../packages/embedded/dist/index.js';
import { createPool, migrate } from '../packages/postgres/dist/index.js';
import { run, shell } from './measure.mjs';

const root = resolve(import.meta.dirname, '..');
const sluice = join(root, 'packages/cli/bin/sluice.js');
const resourcesPerPatient = 470;
/** Raised when the generator or the schema makes other data: what was kept is made anew then. */
const dataVersion = 'sample-data-2';

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
export async function openStore(under, { name, make }, { workers = 1 } = {}) {
  const folder = resolve(under, name);
  await loadOnce(folder, name, make);
  const stack = await startStack({
    dataDir: folder,
    port: await freePort(),
    host: '127.0.0.1',
    workers,
    purpose: 'bench',
    apiPath: join(root, 'services/api'),
    workerPath: join(root, 'services/worker'),
    env: { PATH: process.env.PATH, LOG_LEVEL: 'warn' },
    migrate,
    onEvent: ({ event, name: what, reason = '' }) => {
      if (!['started', 'stopping', 'stopped'].includes(event))
        process.stderr.write(`${what} ${event} ${reason}\n`);
    },
  });
  const pool = createPool(stack.databaseUrl, { max: 2 });
  const { rows } = await pool.query('select count(*)::int as n from sluice.current_resources');
  const hashes = new Map();
  const store = {
    folder,
    base: stack.url,
    databaseUrl: stack.databaseUrl,
    redisKind: stack.redisKind,
    pool,
    resources: rows[0].n,
    shell: (command) =>
      shell(command, { DATABASE_URL: stack.databaseUrl, OUT: join(folder, 'reference.out') }),
    /** Compares the sorted lines of an export with what SQL says they should be. */
    check: async ({ manifest }, expected = everything, read = 'cat') => {
      if (!hashes.has(expected)) hashes.set(expected, await hashOfQuery(store, expected));
      const found = manifest.output.length === 0 ? '' : filesOf(folder, manifest);
      const hash = await store.shell(`cat ${found} < /dev/null | ${read} | ${sortedHash}`);
      if (hash !== hashes.get(expected))
        throw new Error(`the export is not what is stored: ${hash}, not ${hashes.get(expected)}`);
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

async function hashOfQuery(store, query) {
  return await store.shell(
    `psql -X -q -At -v FETCH_COUNT=20000 "$DATABASE_URL" -c "${query}" | ${sortedHash}`,
  );
}

function filesOf(folder, manifest) {
  const id = new URL(manifest.output[0].url).pathname.split('/').at(-2);
  return `"${folder}"/files/*_${id}/*`;
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
