/*
 * Who works in this process, and who works alone in it. A part that was in hand when its worker died is
 * done again with nothing beside it: if it takes the process down once more, it harms no other part, and
 * no other part is counted as lost with it.
 *
 *   waiting ──▶ sharing ──▶ over        while nobody is alone, and nobody before it waits to be
 *   waiting ──▶ alone   ──▶ over        while nobody else is sharing or alone
 *   waiting ──▶ over                    its signal aborts
 *
 * Turns come in the order in which they were asked for, so who waits to be alone is not passed by others.
 */

type Kind = 'share' | 'alone';

interface Waiting {
  readonly kind: Kind;
  readonly start: () => void;
}

/** The turns of the parts of one process (see the chart above). */
export class Turns {
  readonly #waiting: Waiting[] = [];
  #sharing = 0;
  #isAlone = false;

  /**
   * Runs `work` when its turn comes: beside other work that shares, or alone.
   *
   * @throws the reason of `signal` when it aborts before the turn has come
   */
  async take<T>(kind: Kind, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(kind, signal);
    try {
      return await work();
    } finally {
      if (kind === 'alone') this.#isAlone = false;
      else this.#sharing -= 1;
      this.#startNext();
    }
  }

  async #turn(kind: Kind, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        // What may be aborted with is an Error wherever it is made.
        reject(signal.reason as Error);
        this.#startNext();
      };
      const start = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const waiting = { kind, start };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
      this.#startNext();
    });
  }

  #startNext(): void {
    for (let next = this.#waiting[0]; next && this.#canStart(next.kind); next = this.#waiting[0]) {
      this.#waiting.shift();
      if (next.kind === 'alone') this.#isAlone = true;
      else this.#sharing += 1;
      next.start();
    }
  }

  #canStart(kind: Kind): boolean {
    return !this.#isAlone && (kind === 'share' || this.#sharing === 0);
  }
}
