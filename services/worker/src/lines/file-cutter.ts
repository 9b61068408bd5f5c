import type { FileLimits, LineBlock } from '@sluice/postgres';

/**
 * Cuts lines into files and those into blocks. A file ends before the line that would go past one of its limits; one line
 * may be longer than they allow, and is a file of its own then.
 *
 * Every block but a file's last holds exactly `blockBytes`, however the lines came in, so that files compressed block by block are the
 * same bytes each time. A block is to be written before the next one is asked for: they share one piece of memory.
 */
export class FileCutter {
  readonly #limits: FileLimits;
  readonly #blockBytes: number;
  /** Made when there is something to put into it. */
  #block: Buffer | undefined;
  #filled = 0;
  /** Lines that ended in the block. */
  #lines = 0;
  #fileLines = 0;
  #fileBytes = 0;

  constructor(limits: FileLimits, blockBytes: number) {
    this.#limits = limits;
    this.#blockBytes = blockBytes;
  }

  /** Takes lines, whose ends (behind the line feeds) are listed; gives the blocks that are full by now. */
  *add(lines: Buffer, ends: Iterable<number>): Generator<LineBlock, void> {
    let start = 0;
    for (const end of ends) {
      if (this.#isFull(end - start)) yield* this.finish();
      this.#fileLines += 1;
      this.#fileBytes += end - start;
      while (start < end) {
        // Not before there is more: the last block of a file is never empty.
        if (this.#filled === this.#blockBytes) yield this.#take(false);
        start += this.#fill(lines.subarray(start, end));
      }
      this.#lines += 1;
    }
  }

  /** The last block of the file, where one has been begun. */
  *finish(): Generator<LineBlock, void> {
    if (this.#fileLines === 0) return;
    yield this.#take(true);
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

  #fill(line: Buffer): number {
    this.#block ??= Buffer.allocUnsafeSlow(this.#blockBytes);
    const copied = line.copy(this.#block, this.#filled);
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
