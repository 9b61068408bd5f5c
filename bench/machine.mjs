import { cpus, totalmem } from 'node:os';
import { run } from './measure.mjs';

/** Where and when the figures were taken. */
export async function machine() {
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: (await run('git', ['rev-parse', '--short', 'HEAD']).catch(() => '')).trim(),
    machine: {
      cpu: cpus()[0]?.model,
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    node: process.version,
  };
}
