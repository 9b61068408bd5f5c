/**
 * Loaded into a service with `NODE_OPTIONS=--import …`: measures how late its main thread is. At
 * SIGUSR2 it writes what it has measured since the last one into the folder EVENT_LOOP_DELAYS, as
 * `<pid>.json` in ms, and begins anew.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** How often it looks, in ms; a histogram of Node has this in every value. */
const resolution = 5;

if (isMainThread) {
  const histogram = monitorEventLoopDelay({ resolution });
  histogram.enable();
  process.on('SIGUSR2', () => {
    const ms = (nanos) => Math.max(0, nanos / 1e6 - resolution);
    const figures = {
      p50: ms(histogram.percentile(50)),
      p99: ms(histogram.percentile(99)),
      max: ms(histogram.max),
    };
    histogram.reset();
    const file = join(process.env.EVENT_LOOP_DELAYS, `${process.pid}.json`);
    writeFileSync(`${file}.new`, JSON.stringify(figures));
    renameSync(`${file}.new`, file);
  });
}
