import type { FileLimits, LineBlock } from '@sluice/postgres';
import type { BufferPool } from '@sluice/runtime';

const lineFeed = 0x0a;

/**
 * Cuts lines into files and those into blocks. A file ends before the line that would go past one of its limits; one line
 * may be longer than they allow, and is a file of its own then.
 *
 * Every block but a file's last holds exactly `blockBytes`, however the lines came in, so that files compressed block by block are the
 * same bytes each time. A block is to be written before the next one is asked for: they share one piece of memory,
 * which is of the pool, so that it can be written as it is (direct I/O), and goes back when the file ends.
 */
export class FileCutter {
  readonly #limits: FileLimits;
  readonly #blockBytes: number;
  readonly #pool: BufferPool;
  /** Taken when there is something to put into it. */
  #block: Buffer | undefined;
  #filled = 0;
  /** Lines that ended in the block. */
  #lines = 0;
  #fileLines = 0;
  #fileBytes = 0;

  /** @param pool its buffers hold at least `blockBytes` */
  constructor(limits: FileLimits, pool: BufferPool, blockBytes: number) {
    this.#limits = limits;
    this.#pool = pool;
    this.#blockBytes = blockBytes;
  }

  /** Takes whole lines, each with its line feed; gives the blocks that are full by now. */
  *add(lines: Buffer): Generator<LineBlock, void> {
    for (let start = 0; start < lines.length;) {
      const end = lines.indexOf(lineFeed, start) + 1;
      if (this.#isFull(end - start)) yield* this.finish();
      this.#fileLines += 1;
      this.#fileBytes += end - start;
      while (start < end) {
        // Not before there is more: the last block of a file is never empty.
        if (this.#filled === this.#blockBytes) yield this.#take(false);
        start += this.#fill(lines, start, end);
      }
      this.#lines += 1;
    }
  }

  /** The last block of the file, where one has been begun. */
  *finish(): Generator<LineBlock, void> {
    if (this.#fileLines === 0) return;
    yield this.#take(true);
    if (this.#block) this.#pool.give(this.#block);
    this.#block = undefined;
    this.#fileLines = 0;
    this.#fileBytes = 0;
  }

  #isFull(length: number): boolean {
    const { maxFileBytes, maxResourcesPerFile } = this.#limits;
    return (
      this.#fileLines > 0 &&
      (this.#fileLines >= maxResourcesPerFile || this.#fileBytes + length > maxFileBytes)
    );
  }

  #fill(lines: Buffer, start: number, end: number): number {
    this.#block ??= this.#pool.take().subarray(0, this.#blockBytes);
    const copied = lines.copy(this.#block, this.#filled, start, end);
    this.#filled += copied;
    return copied;
  }

  #take(endsFile: boolean): LineBlock {
    const bytes = (this.#block ?? Buffer.alloc(0)).subarray(0, this.#filled);
    const lines = this.#lines;
    this.#filled = 0;
    this.#lines = 0;
    return { bytes, lines, endsFile };
  }
}
