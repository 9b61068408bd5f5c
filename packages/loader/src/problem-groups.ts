import type { LoadProblem } from './load-problem.ts';

/** Problems of one kind. */
export interface ProblemGroup {
  /** The message, with what differs from case to case left out. */
  kind: string;
  count: number;
  /** The first ones. */
  places: LoadProblem[];
}

const placesKept = 5;
/** Kinds are few; a file made to have many must not fill memory. */
const kindsKept = 200;
const otherKinds = 'other problems';

/** Groups problems by kind, in the order in which the kinds came, with the first five of each. */
export class ProblemGroups {
  readonly #groups = new Map<string, ProblemGroup>();

  add(problem: LoadProblem): void {
    const named = kindOf(problem.message);
    const isKnown = this.#groups.has(named) || this.#groups.size < kindsKept;
    const kind = isKnown ? named : otherKinds;
    const group = this.#groups.get(kind) ?? { kind, count: 0, places: [] };
    group.count += 1;
    if (group.places.length < placesKept) group.places.push(problem);
    this.#groups.set(kind, group);
  }

  /** The most frequent first. */
  list(): ProblemGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.count - a.count);
  }
}

/** A message without what it quotes and counts, e.g. `id … is not legal`. */
export function kindOf(message: string): string {
  return message
    .slice(0, 500)
    .replace(/^(?:entry \d+: )+/, 'entry: ')
    .replace(/"[^"]*"/g, '…')
    .replace(/'[^']*'/g, '…')
    .replace(/\b[A-Z][A-Za-z]+\/\S+/g, '…')
    .replace(/\d+/g, '…');
}
