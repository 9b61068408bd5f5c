/** When a file is full: before the resource that would go past one of these. */
export interface FileLimits {
  readonly maxFileBytes: number;
  readonly maxResourcesPerFile: number;
}

/** A block of whole or partial lines on its way to one file. */
export interface LineBlock {
  /** Filled bytes. */
  readonly bytes: Buffer;
  /** Lines that end in it. */
  readonly lines: number;
  /** The next block belongs to a new file. */
  readonly endsFile: boolean;
}

const signatureLength = 11;
const fieldHeaderLength = 6;

/**
 * Turns COPY (FORMAT binary) of one text column into NDJSON, byte for byte: the 19-byte header and
 * the 6 bytes before each row go, a line feed comes after it. No text is decoded, no row is held:
 * a chunk's bytes are copied once, into the block that is being filled.
 *
 * Call `push` with each chunk and take the blocks it makes; call `end` when the stream is over.
 */
export class CopyFramer {
  /** Rows seen so far. */
  rows = 0;
  readonly #blockBytes: number;
  readonly #limits: FileLimits;
  readonly #take: () => Buffer;
  readonly #header = Buffer.alloc(signatureLength + 8);
  #headerLength = 0;
  #headerWanted = signatureLength + 8;
  #inHeader: 'file' | 'extension' | 'row' | 'over' = 'file';
  #rowLeft = 0;
  #block: Buffer;
  #filled = 0;
  #lines = 0;
  #fileBytes = 0;
  #fileLines = 0;

  /** @param take gives an empty block buffer of `blockBytes` whenever one is needed */
  constructor(limits: FileLimits, blockBytes: number, take: () => Buffer) {
    this.#limits = limits;
    this.#blockBytes = blockBytes;
    this.#take = take;
    this.#block = take();
  }

  /** Blocks that this chunk completed, in order. */
  push(chunk: Buffer): LineBlock[] {
    const blocks: LineBlock[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#rowLeft > 0) {
        const length = Math.min(this.#rowLeft, chunk.length - at, this.#blockBytes - this.#filled);
        chunk.copy(this.#block, this.#filled, at, at + length);
        this.#filled += length;
        this.#rowLeft -= length;
        at += length;
        if (this.#rowLeft === 0) this.#endLine(blocks);
        else if (this.#filled === this.#blockBytes) blocks.push(this.#flush(false));
      } else {
        at = this.#readHeader(chunk, at, blocks);
      }
    }
    return blocks;
  }

  /** The last block, if anything is in it. @throws Error when the stream was cut off. */
  end(): LineBlock | undefined {
    if (this.#inHeader !== 'over') throw new Error('the COPY stream ended before its trailer');
    return this.#filled > 0 || this.#fileLines > 0 ? this.#flush(true) : undefined;
  }

  #endLine(blocks: LineBlock[]): void {
    if (this.#filled === this.#blockBytes) blocks.push(this.#flush(false));
    this.#block[this.#filled] = 0x0a;
    this.#filled += 1;
    this.#lines += 1;
    this.#fileLines += 1;
    this.rows += 1;
    if (this.#filled === this.#blockBytes) blocks.push(this.#flush(false));
  }

  #flush(endsFile: boolean): LineBlock {
    const block = { bytes: this.#block.subarray(0, this.#filled), lines: this.#lines, endsFile };
    this.#block = this.#take();
    this.#filled = 0;
    this.#lines = 0;
    if (endsFile) {
      this.#fileBytes = 0;
      this.#fileLines = 0;
    }
    return block;
  }

  /** Reads header bytes, which may be spread over chunks; returns where reading goes on. */
  #readHeader(chunk: Buffer, at: number, blocks: LineBlock[]): number {
    if (this.#inHeader === 'over') throw new Error('the COPY stream goes on after its trailer');
    const missing = Math.min(this.#headerWanted - this.#headerLength, chunk.length - at);
    chunk.copy(this.#header, this.#headerLength, at, at + missing);
    this.#headerLength += missing;
    if (this.#inHeader === 'row' && this.#headerLength >= 2 && this.#header.readInt16BE(0) === -1) {
      this.#inHeader = 'over';
      return at + missing - (this.#headerLength - 2);
    }
    if (this.#headerLength === this.#headerWanted) this.#endHeader(blocks);
    return at + missing;
  }

  #endHeader(blocks: LineBlock[]): void {
    this.#headerLength = 0;
    this.#headerWanted = fieldHeaderLength;
    if (this.#inHeader === 'file') {
      if (this.#header.readInt32BE(signatureLength + 4) !== 0) throw new Error('unknown COPY header');
      this.#inHeader = 'row';
      return;
    }
    const length = this.#header.readInt32BE(2);
    if (this.#header.readInt16BE(0) !== 1 || length < 0) {
      throw new Error('the COPY stream is not of one text column without nulls');
    }
    this.#beginLine(length, blocks);
  }

  #beginLine(length: number, blocks: LineBlock[]): void {
    const { maxFileBytes, maxResourcesPerFile } = this.#limits;
    const full =
      this.#fileLines >= maxResourcesPerFile || this.#fileBytes + length + 1 > maxFileBytes;
    if (full && this.#fileLines > 0) blocks.push(this.#flush(true));
    this.#fileBytes += length + 1;
    this.#rowLeft = length;
    if (length === 0) this.#endLine(blocks);
  }
}
