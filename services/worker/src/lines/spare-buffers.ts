/** Sizes are rounded up to a multiple, so that a spare one fits more often. */
const step = 256 * 1024;
/** Larger ones are for the rare large resource, and are not kept. */
const maxKept = 4 * 1024 * 1024;

/** Memory to be handed between threads, used again and again: making and clearing it takes longer than filling it. */
export class SpareBuffers {
  readonly #keep: number;
  readonly #spare: ArrayBuffer[] = [];

  /** @param keep how many are kept at most while nobody uses them */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /** Memory of at least this size; what is in it is left from before. */
  take(bytes: number): ArrayBuffer {
    const index = this.#spare.findIndex(({ byteLength }) => byteLength >= bytes);
    const [spare] = index < 0 ? [] : this.#spare.splice(index, 1);
    return spare ?? new ArrayBuffer(Math.ceil(bytes / step) * step);
  }

  /** Gives memory back that nobody uses any more. */
  give(buffer: ArrayBuffer): void {
    const fits = buffer.byteLength > 0 && buffer.byteLength <= maxKept;
    if (fits && this.#spare.length < this.#keep) this.#spare.push(buffer);
  }
}
