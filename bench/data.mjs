import { readFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort, startStack } from '../packages/embedded/dist/index.js';
import { createPool, migrate } from '../packages/postgres/dist/index.js';
import { run } from './measure.mjs';

const root = resolve(import.meta.dirname, '..');
const resourcesPerPatient = 470;

/**
 * The data of one size and the stack that serves it: Postgres, Redis, API and worker, each a process
 * of its own as when deployed. The data is generated and loaded once, and kept.
 */
export async function openData(under, size) {
  const folder = resolve(under, String(size));
  await mkdir(folder, { recursive: true });
  const ready = join(folder, 'ready');
  const loaded = await readFile(ready, 'utf8').catch(() => undefined);
  if (loaded === undefined) await load(folder, size, ready);
  const stack = await startStack({
    dataDir: folder,
    port: await freePort(),
    host: '127.0.0.1',
    workers: 1,
    purpose: 'bench',
    apiPath: join(root, 'services/api'),
    workerPath: join(root, 'services/worker'),
    env: { PATH: process.env.PATH, LOG_LEVEL: 'warn' },
    migrate,
    onEvent: (event) => process.stderr.write(`${JSON.stringify(event)}\n`),
  });
  const pool = createPool(stack.databaseUrl, { max: 2 });
  const { rows } = await pool.query('select count(*)::int as n from sluice.current_resources');
  let stored;
  const hash = async (command) =>
    (
      await run('bash', ['-o', 'pipefail', '-c', command], {
        env: { ...process.env, DATABASE_URL: stack.databaseUrl },
      })
    ).trim();
  return {
    folder,
    filesFolder: join(folder, 'files'),
    baseUrl: stack.url,
    databaseUrl: stack.databaseUrl,
    resources: rows[0].n,
    hash,
    storedHash: async (command) => (stored ??= await hash(command)),
    workerPeakMegabytes: () => Promise.resolve(workerPeakMegabytes()),
    close: async () => {
      await pool.end();
      await stack.stop();
    },
  };
}

async function load(folder, size, ready) {
  const sluice = join(root, 'packages/cli/bin/sluice.js');
  const out = join(folder, 'generated');
  const patients = String(Math.ceil(size / resourcesPerPatient));
  process.stderr.write(`making ${size} resources (once)\n`);
  await run(process.execPath, [sluice, 'generate', '--patients', patients, '--out', out]);
  await run(process.execPath, [sluice, 'load', out, '--data-dir', folder], {
    env: { ...process.env, DATABASE_URL: '' },
  });
  await rm(out, { recursive: true });
  await writeFile(ready, `${size}\n`);
}

/** VmHWM of the one worker that is a child of this process or of its guards (Linux). */
function workerPeakMegabytes() {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const parent = /PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (command.includes('services/worker') && parent === String(process.pid)) {
        const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
        return Math.round(Number(peak?.[1]) / 1024);
      }
    } catch {
      // A process that has ended since the folder was read.
    }
  }
  return undefined;
}
