import type { Export } from '@sluice/export';
import {
  copyLines,
  noteSelected,
  partRead,
  type ClaimedPart,
  type CopyLinesOptions,
  type FileLimits,
  type LineBlock,
  type PartResult,
} from '@sluice/postgres';
import { errorFacts, inThisSpan } from '@sluice/runtime';
import type { WorkerContext } from './context.ts';
import { lineWorkOf } from './line-work-of.ts';
import { LinePipeline } from './lines/line-pipeline.ts';
import type { LineWork } from './lines/line-work.ts';
import { PartWriter } from './part-writer.ts';
import type { Written } from './parts-in-hand.ts';
import { poolToRead } from './pool-to-read.ts';
import { queryOptions } from './query-options.ts';
import { selectPart } from './select-part.ts';
import { typeClass } from './type-class.ts';

/** Streams one part from the database into its files, or selects what later parts will read. */
export async function writePart(
  context: WorkerContext,
  of: Export,
  part: ClaimedPart,
  written: Map<number, Written>,
  signal: AbortSignal,
): Promise<PartResult> {
  const begun = performance.now();
  let outcome: 'written' | 'failed' | 'aborted' = 'failed';
  let result: PartResult;
  try {
    result =
      part.access === 'select-supporting'
        ? await selectPart(context, of, part, signal)
        : await write(context, of, part, written, signal);
    signal.throwIfAborted();
    outcome = 'written';
  } finally {
    if (signal.aborted) outcome = 'aborted';
    const seconds = (performance.now() - begun) / 1000;
    context.metrics.observe('sluice_part_duration_seconds', { outcome }, seconds);
  }
  const { resources, leftOut, bytes } = result;
  context.log.info('part written', {
    exportId: of.id,
    part: part.number,
    type: part.type,
    resources,
    leftOut,
    bytes,
    ms: Math.round(performance.now() - begun),
  });
  return result;
}

async function write(
  context: WorkerContext,
  of: Export,
  part: ClaimedPart,
  written: Map<number, Written>,
  signal: AbortSignal,
): Promise<PartResult> {
  const { store } = context;
  const labels = { type_class: typeClass(part.type) };
  const writer = new PartWriter({
    store,
    folder: of.folder,
    part: part.number,
    attempt: part.attempt,
    kind: part.kind,
    type: part.kind === 'deleted' ? 'Bundle' : part.type,
    gzip: of.kickOff.outputFormat === 'ndjson+gzip' ? context.gzip : undefined,
    onWritten: (resources, bytes) => {
      context.metrics.count('sluice_written_resources_total', labels, resources);
      context.metrics.count('sluice_written_bytes_total', labels, bytes);
    },
  });
  written.set(part.number, writer);
  try {
    const work = await lineWorkOf(context, of, part);
    const { rows, leftOut } = await (work === undefined
      ? copyAsStored(context, of, part, { writer, signal })
      : copyWorkedOn(context, of, part, { writer, signal, work }));
    const { files, resources, bytes } = writer;
    if (rows !== resources + leftOut) {
      throw new Error(`Postgres sent ${rows} rows, ${resources} were written, ${leftOut} left out`);
    }
    return { lease: part, resources: rows, leftOut, bytes, files };
  } catch (error) {
    // It must not hide what went wrong; what it leaves behind is removed when the export is finished.
    await writer.abort().catch((fault: unknown) => {
      context.log.warn('a write was not taken back', { exportId: of.id, ...errorFacts(fault) });
    });
    throw signal.aborted ? signal.reason : error;
  }
}

interface Target {
  readonly writer: PartWriter;
  readonly signal: AbortSignal;
}

interface Copied {
  /** Rows that Postgres says it sent. */
  readonly rows: number;
  readonly leftOut: number;
}

/** The bytes of the database are the bytes of the files. */
async function copyAsStored(
  context: WorkerContext,
  of: Export,
  part: ClaimedPart,
  { writer, signal }: Target,
): Promise<Copied> {
  const limits = limitsOf(context);
  const write = (block: LineBlock): Promise<void> => writer.write(block);
  return { rows: await copy(context, of, part, { signal, limits, write }), leftOut: 0 };
}

/** Lines are filtered or changed on threads before they are written. */
async function copyWorkedOn(
  context: WorkerContext,
  of: Export,
  part: ClaimedPart,
  { writer, signal, work }: Target & { readonly work: LineWork },
): Promise<Copied> {
  const pipeline = new LinePipeline({
    pool: context.lines,
    work,
    writer,
    limits: limitsOf(context),
    blocks: context.blocks,
    onIds: (ids) => noteSelected(context.pool, of.id, part.type, ids),
  });
  const limits = { maxFileBytes: Infinity, maxResourcesPerFile: Infinity };
  const write = (block: LineBlock): Promise<void> => pipeline.write(block);
  const rows = await copy(context, of, part, { signal, limits, write });
  await pipeline.finish();
  return { rows, leftOut: pipeline.leftOut };
}

/** Reads the rows of a part, and measures how long the first of them take to come. */
async function copy(
  context: WorkerContext,
  of: Export,
  part: ClaimedPart,
  { write, ...options }: Omit<CopyLinesOptions, 'pool'>,
): Promise<number> {
  const { metrics, settings, blocks } = context;
  const read = partRead(of, part, queryOptions(settings));
  const begun = performance.now();
  let isFirst = true;
  return await copyLines(await poolToRead(context, part), read, {
    ...options,
    pool: blocks,
    write: inThisSpan(async (block) => {
      if (isFirst) {
        metrics.observe('sluice_database_read_seconds', {}, (performance.now() - begun) / 1000);
      }
      isFirst = false;
      await write(block);
    }),
  });
}

function limitsOf({ settings }: WorkerContext): FileLimits {
  return {
    maxFileBytes: settings.MAX_FILE_BYTES,
    maxResourcesPerFile: settings.MAX_RESOURCES_PER_FILE ?? Infinity,
  };
}
