import type { ConditionalReference } from '@sluice/fhir';
import type { Find } from './match-entries.ts';

/** More than so many searches are not remembered: some 20 MB. */
const maxRemembered = 100_000;

/** Looks up what conditional references lead to, and remembers it while a load goes on. */
export class ConditionalTargets {
  readonly #find: Find;
  readonly #found = new Map<string, string>();
  /** By `Type?search`, how many resources it found, which was not one. */
  readonly #failed = new Map<string, number>();

  constructor(find: Find) {
    this.#find = find;
  }

  /** The id of the one resource that a search leads to, by `Type?search`; `undefined`: none, several, or it was not looked up. */
  idOf(key: string): string | undefined {
    return this.#found.get(key);
  }

  /** How many resources a search found that does not lead to one. */
  countOf(key: string): number {
    return this.#failed.get(key) ?? 0;
  }

  /** Looks up those of which nothing is known. */
  async lookUp(references: readonly ConditionalReference[]): Promise<void> {
    const unknown = references.filter((reference) => !this.#isKnown(keyOf(reference)));
    for (const type of new Set(unknown.map((reference) => reference.type))) {
      const searches = unknown.filter((reference) => reference.type === type);
      const matches = await this.#find(type, searches);
      searches.forEach((reference, index) => {
        const { id, count } = matches[index] ?? { id: undefined, count: 0 };
        if (count === 1 && id !== undefined) remember(this.#found, keyOf(reference), id);
        else remember(this.#failed, keyOf(reference), count);
      });
    }
  }

  /** What did not lead to one resource is to be looked up again: more is stored now. */
  forgetFailed(): void {
    this.#failed.clear();
  }

  #isKnown(key: string): boolean {
    return this.#found.has(key) || this.#failed.has(key);
  }
}

/** `Type?search` */
export function keyOf({ type, search }: ConditionalReference): string {
  return type + search;
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  const [oldest] = map.keys();
  if (map.size >= maxRemembered && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
