import { exportStates } from '@sluice/export';
import { countExports } from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
import type { Dependencies } from './dependencies.ts';
import { withLimit } from './with-limit.ts';

/** A scrape waits this long for Postgres and Redis, then does without. */
const limitMs = 2000;

/**
 * Has the metrics tell of what all processes share, exports and queues, whenever they are read. Told by
 * the API and not by workers, since of these there may be none while nothing is to be done.
 */
export function collectState(deps: Pick<Dependencies, 'metrics' | 'pool' | 'queue' | 'log'>): void {
  const { metrics, log } = deps;
  const collect = (source: 'postgres' | 'redis', work: () => Promise<void>): void =>
    metrics.beforeRead(async () => {
      let fault = 0;
      try {
        await withLimit(work(), limitMs);
      } catch (error) {
        fault = 1;
        log.warn('metrics are not complete', { source, ...errorFacts(error) });
      }
      metrics.set('sluice_scrape_fault', { source }, fault);
    });
  collect('postgres', () => collectExports(deps));
  collect('redis', () => collectQueues(deps));
}

async function collectExports({
  metrics,
  pool,
}: Pick<Dependencies, 'metrics' | 'pool'>): Promise<void> {
  const { byState, slotHeldSeconds } = await countExports(pool);
  for (const state of exportStates) metrics.set('sluice_exports', { state }, byState[state] ?? 0);
  metrics.set('sluice_slot_held_seconds', {}, slotHeldSeconds);
}

async function collectQueues({
  metrics,
  queue,
}: Pick<Dependencies, 'metrics' | 'queue'>): Promise<void> {
  for (const { queue: name, oldestAt, ...jobs } of await queue.readQueues()) {
    for (const state of ['waiting', 'active', 'delayed'] as const) {
      metrics.set('sluice_queue_jobs', { queue: name, state }, jobs[state]);
    }
    const age = oldestAt === undefined ? 0 : Math.max(0, (Date.now() - oldestAt) / 1000);
    metrics.set('sluice_queue_oldest_seconds', { queue: name }, age);
  }
}
