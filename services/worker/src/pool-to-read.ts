import { untilReplayed, type ClaimedPart, type Pool } from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
import type { WorkerContext } from './context.ts';

/** How long a part waits for the replica to catch up with the plan. */
const limitMs = 2000;

/**
 * Where to read a part: the replica (DATABASE_READ_URL) at the first attempt, once it has replayed
 * what the plan saw; otherwise the primary. So a replica that lags, has gone away, or cancels the
 * read for its own replay costs time, and never an export.
 *
 * Why the replica gives the same rows: the export's transactionTime was settled and its plan
 * committed before `readableAt` was noted, so whoever has replayed up to there sees every version
 * up to that time and the members; what is stored later is after transactionTime.
 */
export async function poolToRead(context: WorkerContext, part: ClaimedPart): Promise<Pool> {
  const { pool, replica, log } = context;
  if (!replica || part.attempt > 1 || part.readableAt === undefined) return pool;
  const facts = { exportId: part.exportId, part: part.number };
  try {
    if (await untilReplayed(replica, part.readableAt, limitMs)) return replica;
    log.warn('the replica lags, the part is read from the primary', facts);
  } catch (error) {
    log.warn('the replica fails, the part is read from the primary', {
      ...facts,
      ...errorFacts(error),
    });
  }
  return pool;
}
