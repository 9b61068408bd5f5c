import { filteredTypes, filterListsOf, scopeOf, type Export } from '@sluice/export';
import {
  copyLines,
  listStoredTypes,
  noteSelected,
  partRead,
  selectSupporting,
  type ClaimedPart,
  type LineBlock,
  type PartResult,
} from '@sluice/postgres';
import type { WorkerContext } from './context.ts';
import { LinePipeline } from './lines/line-pipeline.ts';
import { queryOptions } from './query-options.ts';

/**
 * Notes which supporting resources an export holds, for the parts that read them. Where a type of them has a filter, the way
 * leads on through those that pass, so they are looked at here: step by step, as each may lead to more.
 */
export async function selectPart(
  context: WorkerContext,
  of: Export,
  part: ClaimedPart,
  signal: AbortSignal,
): Promise<PartResult> {
  const { pool, settings } = context;
  const stored = await listStoredTypes(pool);
  const scope = scopeOf(of.kickOff, stored, settings.SUPPORTING_RESOURCES === 'on');
  const filtered = filteredTypes(of.kickOff).filter((type) => scope.supporting.includes(type));
  for (let step = 1; ; step += 1) {
    const found = await selectSupporting(pool, of, scope, queryOptions(settings));
    // A worker that died may have found the first ones, and not have got to their filters.
    if (filtered.length === 0 || (found === 0 && step > 1)) break;
    for (const type of filtered)
      await notePassed(context, of, { ...part, type, access: 'supporting' }, signal);
  }
  return { lease: part, resources: 0, leftOut: 0, bytes: 0, files: [] };
}

/** Notes which of those that were found pass the filters of their type, whatever their age: as a part would read them. */
async function notePassed(
  { pool, blocks, lines, settings }: WorkerContext,
  of: Export,
  part: ClaimedPart,
  signal: AbortSignal,
): Promise<void> {
  const { baseUrl, otherBases } = of.kickOff;
  const { type } = part;
  const limits = { maxFileBytes: Infinity, maxResourcesPerFile: Infinity };
  const pipeline = new LinePipeline({
    pool: lines,
    work: {
      type,
      baseUrl,
      ...(otherBases ? { otherBases } : {}),
      now: of.transactionTime,
      filters: filterListsOf(of.kickOff, type),
      ...(of.aliases ? { aliases: of.aliases } : {}),
      reportIds: true,
    },
    writer: { write: () => Promise.resolve(), writeFaults: () => Promise.resolve() },
    limits,
    blocks,
    onIds: (ids) => noteSelected(pool, of.id, type, ids),
  });
  const read = partRead(of, part, { ...queryOptions(settings), sinceContext: 'always' });
  const write = (block: LineBlock): Promise<void> => pipeline.write(block);
  await copyLines(pool, read, { signal, limits, pool: blocks, write });
  await pipeline.finish();
}
