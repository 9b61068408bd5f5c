import { errorFacts, type Logger } from './logger.ts';

const intervalMs = 10_000;

/** What has come since the last line about it. */
interface Repeats {
  count: number;
  facts: Record<string, unknown>;
}

/**
 * Warns of faults that can come many times a second while a neighbour is away or refuses: the first one at once,
 * those that follow in one line for every ten seconds, with the last of them and how many there were (`repeated`).
 */
export class RepeatedLog {
  readonly #log: Logger;
  readonly #repeats = new Map<string, Repeats>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Faults are the same when the message is, and the code of the error or the word that its text begins with. */
  warn(message: string, error: unknown, more: Record<string, unknown> = {}): void {
    const facts = { ...more, ...errorFacts(error) };
    const key = `${message} ${kindOf(error)}`;
    const known = this.#repeats.get(key);
    if (known) {
      known.count += 1;
      known.facts = facts;
      return;
    }
    this.#log.warn(message, facts);
    this.#follow(message, key);
  }

  #follow(message: string, key: string): void {
    const repeats: Repeats = { count: 0, facts: {} };
    this.#repeats.set(key, repeats);
    setTimeout(() => {
      this.#repeats.delete(key);
      if (repeats.count === 0) return;
      this.#log.warn(message, { ...repeats.facts, repeated: repeats.count });
      this.#follow(message, key);
    }, intervalMs).unref();
  }
}

/** `ECONNREFUSED`, or of Redis `OOM`, `READONLY`, `NOREPLICAS`. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : (/^[A-Z]+\b/.exec(error.message)?.[0] ?? error.name);
}
