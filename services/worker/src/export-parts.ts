import type { Export } from '@sluice/export';
import {
  claimParts,
  completeParts,
  failPartAndExport,
  handBackParts,
  type ClaimedPart,
  type Completion,
  type PartResult,
} from '@sluice/postgres';
import { errorFacts, traced } from '@sluice/runtime';
import { failureIssue, isTransient } from './classify-fault.ts';
import type { WorkerContext } from './context.ts';
import { failAndClean } from './end-export.ts';
import { enqueueNextStage } from './enqueue-parts.ts';
import { finishExport } from './finish-export.ts';
import { PartAborted, type PartsInHand, type Written } from './parts-in-hand.ts';
import { writePart } from './write-part.ts';

/** Claims after which a part is given up: it fails, or takes its worker down, each time. */
const maxAttempts = 30;

/** The part has taken its worker down, or lost its lease, time and again. */
class PartGivenUp extends TypeError {
  constructor(attempts: number) {
    super(`the part was given up after ${attempts} attempts`);
  }
}

/**
 * Exports parts of one export, one after the other: claims them, streams each from the database into
 * its files, and completes all that went well together, while the leases hold. At the first fault
 * the others go back to the queue; a transient one is tried again with backoff, a permanent one fails
 * the export with its cause. Who completes the last part of a stage goes on with the next one, and
 * who completes the last of all finishes the export.
 *
 * @returns ms to wait when some of them are still to be done: other workers hold them, or they are tried again
 */
export async function exportParts(
  context: WorkerContext,
  inHand: PartsInHand,
  exportId: string,
  numbers: readonly number[],
): Promise<number | undefined> {
  const { of, parts, waitMs } = await claimParts(
    context.pool,
    exportId,
    numbers,
    context.settings.PART_LEASE,
  );
  const again = of && (await workOn(context, inHand, of, parts));
  return again ?? (waitMs === undefined ? undefined : waitMs + 50);
}

/** Works on claimed parts. @returns ms to wait when they are to be tried again */
async function workOn(
  context: WorkerContext,
  inHand: PartsInHand,
  of: Export,
  parts: readonly ClaimedPart[],
): Promise<number | undefined> {
  const written = new Map<number, Written>();
  const results: PartResult[] = [];
  let current: ClaimedPart | undefined;
  let completion: Completion | undefined;
  let waitMs: number | undefined;
  try {
    await inHand.hold(of, parts, written, async (signal) => {
      for (const part of parts) {
        current = part;
        if (part.attempt > maxAttempts) throw new PartGivenUp(part.attempt);
        const facts = { exportId: of.id, part: part.number, type: part.type };
        const write = () => writePart(context, of, part, written, signal);
        results.push(await traced('part', facts, write));
      }
      current = undefined;
      completion = await completeParts(context.pool, of.id, results);
      context.log.info('parts completed', { exportId: of.id, parts: completion.completed });
      if (completion.completed.length < results.length) throw new PartAborted('lease-lost');
    });
  } catch (error) {
    waitMs = await dealWith(context, of, { parts, current, error });
  }
  if (completion) await goOn(context, inHand, of, completion);
  return waitMs;
}

/** What there is to do once parts are completed; outside of what is tried again when it fails. */
async function goOn(
  context: WorkerContext,
  inHand: PartsInHand,
  of: Export,
  { last, stageOver }: Completion,
): Promise<void> {
  if (last) return await finishExport(context, of.id);
  if (!stageOver) return;
  const numbers = await enqueueNextStage(context, of.id);
  const waitMs = await exportParts(context, inHand, of.id, numbers);
  // The job in hand is the one of other parts: these get their own to wait in.
  if (waitMs !== undefined) await context.queue.enqueueParts([{ exportId: of.id, numbers }]);
}

interface Stop {
  readonly parts: readonly ClaimedPart[];
  /** The part at fault; `undefined` when it was the completion of all. */
  readonly current: ClaimedPart | undefined;
  readonly error: unknown;
}

/** Leaves nothing claimed: parts done before the fault are small and are done again, to the same bytes. */
async function dealWith(
  context: WorkerContext,
  of: Export,
  { parts, current = parts[0], error }: Stop,
): Promise<number | undefined> {
  const { pool, metrics, log } = context;
  const facts = { exportId: of.id, part: current?.number, attempt: current?.attempt };
  if (error instanceof PartAborted) {
    if (error.reason === 'lease-lost') metrics.count('sluice_lease_losses_total', {});
    log.info('parts left', { ...facts, parts: parts.length, reason: error.reason });
    if (error.reason === 'cancelled') return undefined;
    await handBackParts(pool, parts);
    // The job goes back as well, so that another worker has them at once.
    return 1;
  }
  if (!current) throw error;
  if (isTransient(error) && current.attempt < maxAttempts) {
    metrics.count('sluice_part_retries_total', {});
    log.warn('part is tried again', { ...facts, ...errorFacts(error) });
    await handBackParts(pool, parts);
    // The job waits, not the worker.
    return Math.round(Math.min(50 * 2 ** current.attempt, 10_000) * (0.5 + Math.random() / 2));
  }
  log.error('part failed', { ...facts, ...errorFacts(error) });
  const failure = failureIssue(error);
  await failAndClean(context, of.id, failure, () => failPartAndExport(pool, current, failure));
  return undefined;
}
