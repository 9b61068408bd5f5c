/** Says when it is time again for something that is not to be done too often. */
export class Pace {
  readonly #everyMs: number;
  readonly #now: () => number;
  #doneAt = -Infinity;

  constructor(everyMs: number, now: () => number = Date.now) {
    this.#everyMs = everyMs;
    this.#now = now;
  }

  /** Whether it is time; whoever is told so does it. */
  isDue(): boolean {
    const now = this.#now();
    if (now - this.#doneAt < this.#everyMs) return false;
    this.#doneAt = now;
    return true;
  }
}
