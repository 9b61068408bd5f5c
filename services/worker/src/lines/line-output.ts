/** Lines of NDJSON one behind the other, in memory that grows when they need more. */
export class LineOutput {
  /** May be another one after `add`. */
  buffer: ArrayBuffer;
  /** How much of the buffer is filled. */
  length = 0;
  #bytes: Buffer;

  /** @param buffer begins to be filled; its content does not matter */
  constructor(buffer: ArrayBuffer) {
    this.buffer = buffer;
    this.#bytes = Buffer.from(buffer);
  }

  /** Adds a line, which comes without its line feed. */
  add(line: Buffer): void {
    const end = this.length + line.length + 1;
    if (end > this.#bytes.length) this.#grow(end);
    line.copy(this.#bytes, this.length);
    this.#bytes[end - 1] = 0x0a;
    this.length = end;
  }

  #grow(needed: number): void {
    const grown = new ArrayBuffer(Math.max(needed, 2 * this.buffer.byteLength));
    const bytes = Buffer.from(grown);
    this.#bytes.copy(bytes, 0, 0, this.length);
    this.buffer = grown;
    this.#bytes = bytes;
  }
}
