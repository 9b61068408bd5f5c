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
import { failureIssue, judgeFault } from './classify-fault.ts';
import type { WorkerContext } from './context.ts';
import { failAndClean } from './end-export.ts';
import { enqueueNextStage } from './enqueue-parts.ts';
import { finishExport } from './finish-export.ts';
import { checkPartTries, countsAs, pauseBefore } from './give-up.ts';
import { PartAborted, type PartsInHand, type Written } from './parts-in-hand.ts';
import { writePart } from './write-part.ts';

/**
 * Exports parts of one export, one after the other: claims them, streams each from the database into
 * its files, and completes all that went well together, while the leases hold. At the first fault
 * the others go back to the queue; the part at fault is tried again with growing pauses, by itself, or given
 * up, which fails the export with its cause (give-up.ts). Who completes the last part of a stage goes on with the next one, and
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
  try {
    const work = await takeTurns(context, inHand, exportId, numbers);
    if (work.done) await goOn(context, inHand, work.done.export, work.done.completion);
    return work.pauseMs ?? (work.heldMs === undefined ? undefined : work.heldMs + 50);
  } catch (error) {
    // The turn did not come before the process was told to end: another one has it.
    if (error instanceof PartAborted) return 1;
    throw error;
  }
}

/** What became of parts that were to be worked on. */
interface Work {
  /** How many of them were claimed. */
  readonly claimed: number;
  readonly done?: { readonly export: Export; readonly completion: Completion };
  /** Ms to wait before the claimed ones are tried again. */
  readonly pauseMs?: number | undefined;
  /** Ms for which others are held; 0: a suspect can be claimed. */
  readonly heldMs?: number | undefined;
}

/**
 * Claims and works in one turn, so that nobody holds a part without working on it: if its worker dies meanwhile, that
 * counts against the part. A suspect is claimed when there is nothing beside it in the process.
 */
async function takeTurns(
  context: WorkerContext,
  inHand: PartsInHand,
  exportId: string,
  numbers: readonly number[],
): Promise<Work> {
  const take = (kind: 'share' | 'alone'): Promise<Work> =>
    context.turns.take(kind, inHand.stopping, async () => {
      const leaseMs = context.settings.PART_LEASE;
      const options = { leaseMs, suspects: kind === 'alone' };
      const { of, parts, waitMs } = await claimParts(context.pool, exportId, numbers, options);
      if (of === undefined) return { claimed: 0, heldMs: waitMs };
      return { ...(await workOn(context, inHand, of, parts)), heldMs: waitMs };
    });
  const work = await take('share');
  return work.claimed === 0 && work.heldMs === 0 ? await take('alone') : work;
}

/** Works on claimed parts. */
async function workOn(
  context: WorkerContext,
  inHand: PartsInHand,
  of: Export,
  parts: readonly ClaimedPart[],
): Promise<Work> {
  const written = new Map<number, Written>();
  const results: PartResult[] = [];
  let current: ClaimedPart | undefined;
  let completion: Completion | undefined;
  let pauseMs: number | undefined;
  try {
    await inHand.hold(of, parts, written, async (signal) => {
      for (const part of parts) {
        current = part;
        checkPartTries(part);
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
    pauseMs = await dealWith(context, of, { parts, current, error });
  }
  const done = completion && { export: of, completion };
  return { claimed: parts.length, pauseMs, ...(done ? { done } : {}) };
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
  const counts = countsAs(judgeFault(error), current.tries);
  if (counts !== undefined) {
    metrics.count('sluice_part_retries_total', {});
    log.warn('part is tried again', { ...facts, ...errorFacts(error) });
    await handBackParts(pool, parts, { number: current.number, counts });
    // The job waits, not the worker.
    return pauseBefore(current.tries);
  }
  log.error('part failed', { ...facts, ...errorFacts(error) });
  const failure = failureIssue(error);
  await failAndClean(context, of.id, failure, () => failPartAndExport(pool, current, failure));
  return undefined;
}
