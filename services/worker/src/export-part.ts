import { setTimeout as wait } from 'node:timers/promises';
import type { Export } from '@sluice/export';
import {
  claimPart,
  completePart,
  copyLines,
  failPartAndExport,
  handBackPart,
  partRead,
  type ClaimedPart,
} from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
import { failureIssue, isTransient } from './classify-fault.ts';
import type { WorkerContext } from './context.ts';
import { failAndClean } from './end-export.ts';
import { poolToRead } from './pool-to-read.ts';
import { PartAborted, type PartsInHand } from './parts-in-hand.ts';
import { PartWriter } from './part-writer.ts';

/** Claims after which a part is given up: it fails, or takes its worker down, each time. */
const maxAttempts = 30;

/** The part has taken its worker down, or lost its lease, time and again. */
class PartGivenUp extends TypeError {
  constructor(attempts: number) {
    super(`the part was given up after ${attempts} attempts`);
  }
}

/**
 * Exports one part: claims it, streams it from the database into its files, and completes it while
 * the lease holds. A transient fault is tried again with backoff; a permanent one fails the export
 * with its cause.
 *
 * @returns ms to wait when another worker holds the part
 */
export async function exportPart(
  context: WorkerContext,
  inHand: PartsInHand,
  exportId: string,
  number: number,
): Promise<number | undefined> {
  const { pool, settings, log } = context;
  const claim = await claimPart(pool, exportId, number, settings.PART_LEASE);
  if (claim.outcome === 'held') return claim.waitMs + 50;
  if (claim.outcome === 'over') return undefined;
  const { part, of } = claim;
  try {
    if (part.attempt > maxAttempts) throw new PartGivenUp(part.attempt);
    await writePart(context, inHand, of, part);
    return undefined;
  } catch (error) {
    const facts = { exportId, part: number, attempt: part.attempt };
    if (error instanceof PartAborted) {
      log.info('part left', { ...facts, reason: error.reason });
      if (error.reason === 'shutdown') await handBackPart(pool, part);
      return undefined;
    }
    if (isTransient(error) && part.attempt < maxAttempts) {
      log.warn('part is tried again', { ...facts, ...errorFacts(error) });
      await wait(Math.min(50 * 2 ** part.attempt, 10_000) * (0.5 + Math.random() / 2));
      await handBackPart(pool, part);
      return 1;
    }
    log.error('part failed', { ...facts, ...errorFacts(error) });
    const failure = failureIssue(error);
    await failAndClean(context, exportId, failure, () => failPartAndExport(pool, part, failure));
    return undefined;
  }
}

async function writePart(
  context: WorkerContext,
  inHand: PartsInHand,
  of: Export,
  part: ClaimedPart,
): Promise<void> {
  const { pool, settings, store, queue, log } = context;
  const begun = performance.now();
  const writer = new PartWriter({
    store,
    folder: of.folder,
    part: part.number,
    kind: part.kind,
    type: part.kind === 'deleted' ? 'Bundle' : part.type,
    gzip: of.kickOff.outputFormat === 'ndjson+gzip' ? context.gzip : undefined,
  });
  const written = () => ({ resources: writer.resources, bytes: writer.bytes });
  await inHand.hold(part, written, async (signal) => {
    try {
      const read = partRead(of, part, { sinceBasis: settings.SINCE_BASIS });
      const rows = await copyLines(await poolToRead(context, part), read, {
        signal,
        limits: {
          maxFileBytes: settings.MAX_FILE_BYTES,
          maxResourcesPerFile: settings.MAX_RESOURCES_PER_FILE ?? Infinity,
        },
        pool: context.blocks,
        write: (block) => writer.write(block),
      });
      signal.throwIfAborted();
      const { files, resources, bytes } = writer;
      if (rows !== resources) throw new Error(`Postgres sent ${rows} rows, ${resources} arrived`);
      const outcome = await completePart(pool, part, { resources, bytes, files });
      if (outcome === 'lost') throw new PartAborted('lease-lost');
      log.info('part completed', {
        exportId: of.id,
        part: part.number,
        type: part.type,
        resources,
        bytes,
        ms: Math.round(performance.now() - begun),
      });
      if (outcome === 'last') await queue.enqueueFinish(of.id);
    } catch (error) {
      await writer.abort();
      throw signal.aborted ? signal.reason : error;
    }
  });
}
