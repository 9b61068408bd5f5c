import { BufferPool } from '@sluice/runtime';

/** When a file is full: before the resource that would go past one of these. */
export interface FileLimits {
  readonly maxFileBytes: number;
  readonly maxResourcesPerFile: number;
}

/** A block of output on its way to one file. */
export interface LineBlock {
  /** To be given back to the pool when it is written. */
  readonly bytes: Buffer;
  /** Lines counted since the last block of the file. */
  readonly lines: number;
  /** The next block belongs to a new file. */
  readonly endsFile: boolean;
}

const messageHeader = 5;
const fileHeader = 19;
const rowHeader = 6;
const copyData = 0x64;
const copyDone = 0x63;
const errorResponse = 0x45;
/** Room behind a full block, for what one read of the socket may bring. */
const slack = 256 * 1024;
/** Distance that reading keeps ahead of writing: room for the line feed of a row that came in pieces. */
const lead = 8;

/**
 * Turns Postgres' answer to `COPY … TO STDOUT (FORMAT binary)` of one text column into blocks of
 * NDJSON, in place. The socket reads into the block itself (`space`); `advance` then closes the gaps:
 * 5 bytes before each message, 19 before the first row, 6 before every row go, a line feed comes
 * after it. What is written never overtakes what is read: a row loses more than it gains, and `lead`
 * covers one that is cut by the end of a read. No
 * text is decoded, and no row is held: memory is the block, whatever the size of a resource.
 *
 * Every block but a file's last holds exactly `blockBytes`, however the bytes came in, so that files
 * compressed block by block are the same bytes each time.
 */
export class CopyBlocks {
  /** Rows seen so far. */
  rows = 0;
  /** What comes after CopyDone, or an error: pg's own parser goes on there. Set when over. */
  rest: Buffer | undefined;
  readonly #blockBytes: number;
  readonly #limits: FileLimits;
  readonly #onBlock: (block: LineBlock) => void;
  readonly #pool: BufferPool;
  /** [start, written) is output, [read, end) is what the socket brought and is not looked at yet. */
  #buffer: Buffer;
  #start = 0;
  #written = 0;
  #read = lead;
  #end = lead;
  /** Bytes left of the CopyData message, and of the row, that `read` stands in. */
  #messageLeft = 0;
  #rowLeft = 0;
  #skip = 0;
  readonly #header = Buffer.alloc(fileHeader);
  #headerLength = 0;
  #headerWanted = fileHeader;
  #trailer = false;
  #lines = 0;
  #fileLines = 0;
  #fileBytes = 0;

  /**
   * @param pool buffers made by `blockPool`
   * @param onBlock takes over each block as it is full
   */
  constructor(limits: FileLimits, pool: BufferPool, onBlock: (block: LineBlock) => void) {
    this.#limits = limits;
    this.#pool = pool;
    this.#blockBytes = pool.bytes - slack;
    this.#onBlock = onBlock;
    this.#buffer = pool.take();
  }

  /** Where the next bytes of the socket are to be put. */
  space(): Buffer {
    return this.#buffer.subarray(this.#end);
  }

  /** Takes account of `length` bytes that were put into `space`. */
  advance(length: number): void {
    this.#end += length;
    while (this.rest === undefined && this.#step());
    if (this.#written - this.#start >= this.#blockBytes) this.#flush(false);
    if (this.#read === this.#end) this.#read = this.#end = this.#written + lead;
    if (this.#buffer.length - this.#end < slack / 2) this.#moveDown();
  }

  /** Hands out what is left, and makes sure that nothing is missing. @throws Error when cut off */
  finish(): void {
    if (!this.#trailer) throw new Error('the COPY stream ended before its trailer');
    if (this.#fileLines > 0) this.#flush(true);
    this.#pool.give(this.#buffer);
  }

  /** Deals with one piece of input; false when more must come first. */
  #step(): boolean {
    if (this.#messageLeft === 0) return this.#beginMessage();
    const available = Math.min(this.#end - this.#read, this.#messageLeft);
    if (available === 0) return false;
    if (this.#skip > 0) this.#skipBytes(available);
    else if (this.#rowLeft > 0) this.#moveRow(Math.min(available, this.#rowLeft));
    else this.#readHeader(available);
    return true;
  }

  #beginMessage(): boolean {
    if (this.#end - this.#read < messageHeader) return false;
    const code = this.#buffer[this.#read];
    if (code === copyDone || code === errorResponse) {
      // CopyDone itself is swallowed; an error is for pg's parser.
      const from = code === copyDone ? this.#read + messageHeader : this.#read;
      this.rest = Buffer.from(this.#buffer.subarray(from, this.#end));
      this.#read = this.#end;
      return false;
    }
    this.#messageLeft = this.#buffer.readInt32BE(this.#read + 1) - 4;
    this.#skip = code === copyData ? 0 : this.#messageLeft;
    this.#read += messageHeader;
    return true;
  }

  /** CopyOutResponse and the end of earlier statements say nothing new; notices do not matter to a COPY. */
  #skipBytes(available: number): void {
    this.#read += available;
    this.#messageLeft -= available;
    this.#skip -= available;
  }

  #moveRow(length: number): void {
    this.#buffer.copyWithin(this.#written, this.#read, this.#read + length);
    this.#written += length;
    this.#read += length;
    this.#messageLeft -= length;
    this.#rowLeft -= length;
    if (this.#rowLeft === 0) this.#endRow();
  }

  #endRow(): void {
    this.#buffer[this.#written] = 0x0a;
    this.#written += 1;
    this.rows += 1;
    this.#lines += 1;
    this.#fileLines += 1;
  }

  /** Collects a header, which may come in pieces, and begins the row that it announces. */
  #readHeader(available: number): void {
    const length = Math.min(available, this.#headerWanted - this.#headerLength);
    this.#buffer.copy(this.#header, this.#headerLength, this.#read, this.#read + length);
    this.#read += length;
    this.#messageLeft -= length;
    this.#headerLength += length;
    if (this.#trailer) throw new Error('the COPY stream goes on after its trailer');
    if (
      this.#headerWanted === rowHeader &&
      this.#headerLength >= 2 &&
      this.#header.readInt16BE(0) === -1
    ) {
      this.#trailer = true;
      return;
    }
    if (this.#headerLength < this.#headerWanted) return;
    this.#headerLength = 0;
    if (this.#headerWanted === fileHeader) this.#headerWanted = rowHeader;
    else this.#beginRow(this.#header.readInt16BE(0), this.#header.readInt32BE(2));
  }

  #beginRow(columns: number, length: number): void {
    if (columns !== 1 || length < 0) {
      throw new Error('the COPY stream is not of one text column without nulls');
    }
    const { maxFileBytes, maxResourcesPerFile } = this.#limits;
    const full =
      this.#fileLines >= maxResourcesPerFile || this.#fileBytes + length + 1 > maxFileBytes;
    if (full && this.#fileLines > 0) this.#flush(true);
    this.#fileBytes += length + 1;
    this.#rowLeft = length;
    if (length === 0) this.#endRow();
  }

  /** Hands out full blocks and, at a file's end, the rest; what is left moves to a fresh buffer. */
  #flush(endsFile: boolean): void {
    while (this.#written - this.#start >= this.#blockBytes + (endsFile ? 1 : 0)) {
      this.#handOut(this.#blockBytes, false);
    }
    if (!endsFile) return;
    this.#handOut(this.#written - this.#start, true);
    this.#fileLines = 0;
    this.#fileBytes = 0;
  }

  #handOut(length: number, endsFile: boolean): void {
    const lines = this.#lines;
    this.#lines = 0;
    const block = this.#buffer.subarray(this.#start, this.#start + length);
    this.#start += length;
    // A small file's bytes are copied, so that many files in one read do not take a buffer each.
    const bytes = length < this.#blockBytes / 8 ? Buffer.from(block) : block;
    if (bytes === block) this.#changeBuffer();
    this.#onBlock({ bytes, lines, endsFile });
  }

  /** Goes on in a fresh buffer; the one before is the block's now. */
  #changeBuffer(): void {
    const full = this.#buffer;
    this.#buffer = this.#pool.take();
    const written = full.copy(this.#buffer, 0, this.#start, this.#written);
    const unread = full.copy(this.#buffer, written + lead, this.#read, this.#end);
    this.#setBounds(written, unread);
  }

  /** Makes room at the end of the buffer. */
  #moveDown(): void {
    const unread = this.#end - this.#read;
    const written = this.#written - this.#start;
    this.#buffer.copyWithin(0, this.#start, this.#written);
    this.#buffer.copyWithin(written + lead, this.#read, this.#end);
    this.#setBounds(written, unread);
  }

  #setBounds(written: number, unread: number): void {
    this.#start = 0;
    this.#written = written;
    this.#read = written + lead;
    this.#end = this.#read + unread;
  }
}

/** Makes the buffers for blocks of `blockBytes`; a process keeps one pool for all its parts. */
export function blockPool(blockBytes: number, keep: number): BufferPool {
  return new BufferPool(blockBytes + slack, keep);
}
