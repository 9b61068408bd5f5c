import { setTimeout as wait } from 'node:timers/promises';
import type { Export } from '@sluice/export';
import {
  claimParts,
  completeParts,
  failPartAndExport,
  findOpenParts,
  handBackParts,
  type ClaimedPart,
  type PartResult,
} from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
import { failureIssue, isTransient } from './classify-fault.ts';
import type { WorkerContext } from './context.ts';
import { failAndClean } from './end-export.ts';
import { enqueueParts } from './enqueue-parts.ts';
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
 * the export with its cause.
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
  try {
    await inHand.hold(of.id, parts, written, async (signal) => {
      for (const part of parts) {
        current = part;
        if (part.attempt > maxAttempts) throw new PartGivenUp(part.attempt);
        results.push(await writePart(context, of, part, written, signal));
      }
      current = undefined;
      await complete(context, of, results);
    });
    return undefined;
  } catch (error) {
    return await dealWith(context, of, { parts, current, error });
  }
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
  const { pool, log } = context;
  const facts = { exportId: of.id, part: current?.number, attempt: current?.attempt };
  if (error instanceof PartAborted) {
    log.info('parts left', { ...facts, parts: parts.length, reason: error.reason });
    if (error.reason !== 'cancelled') await handBackParts(pool, parts);
    return undefined;
  }
  if (!current) throw error;
  if (isTransient(error) && current.attempt < maxAttempts) {
    log.warn('part is tried again', { ...facts, ...errorFacts(error) });
    await wait(Math.min(50 * 2 ** current.attempt, 10_000) * (0.5 + Math.random() / 2));
    await handBackParts(pool, parts);
    return 1;
  }
  log.error('part failed', { ...facts, ...errorFacts(error) });
  const failure = failureIssue(error);
  await failAndClean(context, of.id, failure, () => failPartAndExport(pool, current, failure));
  return undefined;
}

async function complete(
  context: WorkerContext,
  of: Export,
  results: readonly PartResult[],
): Promise<void> {
  const { pool, queue, log } = context;
  const { completed, last, stageOver } = await completeParts(pool, of.id, results);
  log.info('parts completed', { exportId: of.id, parts: completed });
  if (last) await queue.enqueueFinish(of.id);
  else if (stageOver) await enqueueParts(context, await findOpenParts(pool, of.id));
  if (completed.length < results.length) throw new PartAborted('lease-lost');
}
