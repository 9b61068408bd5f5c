/** Knows what is under way, so that its end can be waited for. */
export class WorkInHand {
  readonly #running = new Set<Promise<unknown>>();

  /** The same work, watched. */
  track<A, T>(work: (argument: A) => Promise<T>): (argument: A) => Promise<T> {
    return async (argument) => {
      const running = work(argument);
      this.#running.add(running);
      try {
        return await running;
      } finally {
        this.#running.delete(running);
      }
    };
  }

  /** Resolves once nothing is under way, however it ended. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }
}
