const lineFeed = 0x0a;

/** Makes whole lines of blocks that end anywhere. What it keeps is the beginning of one line. */
export class LineSplitter {
  #carry: Buffer[] = [];

  /**
   * The lines that end in this block, each with its line feed, as pieces that make them up one behind the other; none when no
   * line ends there. The last piece is part of the block, the others are its no more.
   */
  push(block: Buffer): Buffer[] {
    const end = block.lastIndexOf(lineFeed) + 1;
    if (end === 0) {
      if (block.length > 0) this.#carry.push(Buffer.from(block));
      return [];
    }
    const pieces = [...this.#carry, block.subarray(0, end)];
    this.#carry = end < block.length ? [Buffer.from(block.subarray(end))] : [];
    return pieces;
  }

  /** Makes sure that no line is left without its end. */
  finish(): void {
    if (this.#carry.length > 0) throw new Error('the last line has no end');
  }
}
