/**
 * Sizes are rounded up to a multiple. Most lines come as a block of 1 MB, more or less one of them: were that near a
 * multiple, half of what is kept would not fit, and what fits be made again and again.
 */
const step = 1280 * 1024;
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
