import { bundle } from './bundle.mjs';
import { costs } from './costs.mjs';
import { eventLoop } from './event-loop.mjs';
import { filter } from './filter.mjs';
import { group } from './group.mjs';
import { large } from './large.mjs';
import { latency } from './latency.mjs';
import { load } from './load.mjs';
import { naive } from './naive.mjs';
import { largeFile, stores } from './object-stores.mjs';
import { oldExports } from './old-exports.mjs';
import { since } from './since.mjs';
import { small, synthea } from './small.mjs';
import { gzip, whole } from './whole.mjs';
import { workers } from './workers.mjs';

/**
 * The lines of the benchmark. `measure` yields results: a `what`, the `size` in resources, a
 * `reference`, `subject` and `ratio` (each a median with its bounds) in a `unit`, a `target` and
 * `stretch` for `judged` (the ratio or the subject), or what is `missing`.
 */
export const lines = [
  whole,
  gzip,
  naive,
  group,
  filter,
  since,
  small,
  synthea,
  latency,
  load,
  bundle,
  workers,
  large,
  stores,
  largeFile,
  oldExports,
  costs,
  eventLoop,
];
