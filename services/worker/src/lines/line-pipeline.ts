import type { FileLimits, LineBlock } from '@sluice/postgres';
import type { BufferPool } from '@sluice/runtime';
import { FileCutter } from './file-cutter.ts';
import type { LinePool, LineResult } from './line-pool.ts';
import { LineSplitter } from './line-splitter.ts';
import type { LineWork } from './line-work.ts';

/** Where the blocks go, such as a `PartWriter`: one at a time, and each is the pipeline's again when the promise has resolved. */
export interface BlockSink {
  write(block: LineBlock): Promise<void>;
  /** For blocks of OperationOutcomes. */
  writeFaults(block: LineBlock): Promise<void>;
}

/** What a pipeline needs. */
export interface LinePipelineOptions {
  readonly pool: LinePool;
  readonly work: LineWork;
  readonly writer: BlockSink;
  readonly limits: FileLimits;
  /** Memory for the blocks that are written. */
  readonly blocks: BufferPool;
  /** Is told the ids of lines before they are written, when the work reports ids. */
  readonly onIds?: (ids: readonly string[]) => Promise<void>;
  /** Size of these blocks. */
  readonly blockBytes?: number;
}

/** As large as the blocks of `copyLines`, and as a gzip member. */
const defaultBlockBytes = 1 << 20;
/** So that there is work for a thread while the lines before are being written. */
const batchesInFlight = 2;

/**
 * Lines of one part on their way from the database to its files: blocks come in as `copyLines` reads them, the lines in them are worked on by
 * threads, and what passes is cut into files again. Order is kept, and the same rows give the same blocks.
 *
 * Memory is bounded by the batches in flight and the largest line. The first failure (of a thread, a write or `onIds`) is thrown by every call
 * that follows, and nothing is written after it. Lines at fault are none: they are left out, and told of in `error` files.
 */
export class LinePipeline {
  /** Lines that were read and are not in the output: filtered out, or at fault. All of them after `finish`. */
  leftOut = 0;
  readonly #options: LinePipelineOptions;
  readonly #splitter = new LineSplitter();
  readonly #lines: FileCutter;
  readonly #faults: FileCutter;
  /** Batches that are not written yet, in order; each ends after the one before. */
  readonly #inFlight: Promise<void>[] = [];

  constructor(options: LinePipelineOptions) {
    this.#options = options;
    const { limits, blocks, blockBytes = defaultBlockBytes } = options;
    this.#lines = new FileCutter(limits, blocks, blockBytes);
    this.#faults = new FileCutter(limits, blocks, blockBytes);
  }

  /** Takes the next block, whose memory is the caller's again when the promise has resolved. One is taken at a time. */
  async write({ bytes }: Pick<LineBlock, 'bytes'>): Promise<void> {
    const pieces = this.#splitter.push(bytes);
    if (pieces.length > 0) await this.#start(pieces);
    while (this.#inFlight.length >= batchesInFlight) await this.#settleFirst();
  }

  /** Waits for all lines to be written, and ends the files. */
  async finish(): Promise<void> {
    this.#splitter.finish();
    while (this.#inFlight.length > 0) await this.#settleFirst();
    const { writer } = this.#options;
    for (const block of this.#lines.finish()) await writer.write(block);
    for (const block of this.#faults.finish()) await writer.writeFaults(block);
  }

  async #start(pieces: readonly Buffer[]): Promise<void> {
    const { pool, work } = this.#options;
    const started = pool.start(work, pieces);
    const result = started.then((lines) => lines.result);
    const written = this.#takeAfter(this.#inFlight.at(-1), result);
    // They are waited for later, and thrown then.
    result.catch(() => undefined);
    written.catch(() => undefined);
    this.#inFlight.push(written);
    // Their memory is the caller's again.
    await started.catch(() => undefined);
  }

  /** A failure stays first, to be thrown again. */
  async #settleFirst(): Promise<void> {
    await this.#inFlight[0];
    void this.#inFlight.shift();
  }

  async #takeAfter(before: Promise<void> | undefined, result: Promise<LineResult>): Promise<void> {
    await before;
    await this.#take(await result);
  }

  async #take({ lines, leftOut, faults, ids, release }: LineResult): Promise<void> {
    const { writer, onIds } = this.#options;
    if (ids.length > 0) await onIds?.(ids);
    for (const block of this.#lines.add(lines)) await writer.write(block);
    release();
    for (const block of this.#faults.add(faults)) await writer.writeFaults(block);
    this.leftOut += leftOut;
  }
}
