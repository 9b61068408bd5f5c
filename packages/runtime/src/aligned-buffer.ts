/** The little of it that is needed; its types come with the DOM's, which a server has no use for. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
};

const wasmPageBytes = 65_536;
const aligned = new WeakSet<ArrayBufferLike>();

/** Alignment of memory and lengths that direct I/O asks for, on every common disk. */
export const alignment = 4096;

/** Whether these bytes begin on a boundary that direct I/O accepts. */
export function isAligned(bytes: Buffer): boolean {
  return aligned.has(bytes.buffer) && bytes.byteOffset % alignment === 0;
}

/**
 * Buffers of one size, aligned for direct I/O and used again and again. Node gives no say in where
 * memory lies, but a WebAssembly.Memory always begins on a page. Such memory is costly to make, so
 * it is kept: as many buffers as were ever in use at once, up to `keep`.
 */
export class BufferPool {
  /** Size of every buffer. */
  readonly bytes: number;
  readonly #keep: number;
  readonly #spare: Buffer[] = [];

  constructor(bytes: number, keep: number) {
    this.bytes = bytes;
    this.#keep = keep;
  }

  /** A buffer of the pool's size; what is in it is left from before. */
  take(): Buffer {
    const spare = this.#spare.pop();
    if (spare) return spare;
    const memory = new WebAssembly.Memory({ initial: Math.ceil(this.bytes / wasmPageBytes) });
    aligned.add(memory.buffer);
    return Buffer.from(memory.buffer, 0, this.bytes);
  }

  /** Gives a buffer back that nobody uses any more; any piece of it will do. Others are ignored. */
  give(piece: Buffer): void {
    if (!aligned.has(piece.buffer) || this.#spare.length >= this.#keep) return;
    this.#spare.push(Buffer.from(piece.buffer, 0, this.bytes));
  }
}
