import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { remove, timeExport } from '../measure.mjs';
import { pidsOf } from '../processes.mjs';
import { openStore, sampleData } from '../store.mjs';

const monitor = pathToFileURL(join(import.meta.dirname, '../event-loop-delay.mjs')).href;
const paths = [
  ['plain', '/$export'],
  ['gzip', '/$export?_outputFormat=application/fhir%2Bndjson%2Bgzip'],
];

export const eventLoop = {
  name: 'event-loop',
  about: 'how late the main threads of API and worker are during a system export',
  async *measure({ under, sizes, rounds }) {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
    const env = { NODE_OPTIONS: `--import=${monitor}`, EVENT_LOOP_DELAYS: folder };
    const store = await openStore(under, sampleData(sizes.at(-1)), { env });
    try {
      const services = ['worker', 'api'].map((kind) => ({ kind, pid: pidsOf(kind)[0] }));
      if (services.some(({ pid }) => pid === undefined)) {
        yield { what: this.about, missing: 'processes are found in /proc (Linux)' };
        return;
      }
      for (const [format, path] of paths) {
        await remove(await timeExport(store.base, path));
        // What was measured while starting and warming up is nobody's delay.
        for (const { pid } of services) await takeFigures(folder, pid);
        for (let n = 0; n < rounds; n += 1) await remove(await timeExport(store.base, path));
        for (const { kind, pid } of services) {
          const { p50, p99, max } = await takeFigures(folder, pid);
          yield {
            what: `${format}: p99 of the event-loop delay of ${kind}`,
            size: store.resources,
            unit: 'ms',
            subject: { median: p99, min: p50, max },
            bounds: 'p50–max',
          };
        }
      }
    } finally {
      await store.close();
      await rm(folder, { recursive: true });
    }
  },
};

/** What the monitor in a process has measured since it was last asked. */
async function takeFigures(folder, pid) {
  const file = join(folder, `${pid}.json`);
  process.kill(pid, 'SIGUSR2');
  while (!existsSync(file)) await pause(10);
  const figures = JSON.parse(await readFile(file, 'utf8'));
  await rm(file);
  return figures;
}
