import { type LostReference, targetOf } from '@sluice/fhir';
import { findIdentified, findMissing, identifyTypes, type Pool } from '@sluice/postgres';

/**
 * Why references lead nowhere: to another server, to a name of no Bundle, by a search that is none for an identifier, by one that finds
 * nothing or several resources, to a resource that is not there.
 */
export type UnresolvedKind = LostReference['kind'] | 'none' | 'several' | 'missing';

/** References that lead nowhere, of one kind. */
export interface UnresolvedReferences {
  readonly kind: UnresolvedKind;
  /** References; of `none`, `several` and `missing` what they name, each once. */
  readonly count: number;
  /** The first ones, as they are written. */
  readonly examples: readonly string[];
}

const maxExamples = 5;
/** Different targets that are looked up at the end: 20 MB or so. */
const maxTargets = 200_000;
const kinds = ['elsewhere', 'urn', 'search', 'none', 'several', 'missing'] as const;

/** Counts the references that lead nowhere. What they name is looked up when everything is stored, since it may come last. */
export class ReferenceReport {
  readonly #found = new Map<UnresolvedKind, { count: number; examples: string[] }>();
  #targets = new Set<string>();
  #isCut = false;

  /** Takes references of which it is clear that they lead nowhere. */
  addLost(lost: readonly LostReference[]): void {
    for (const { kind, text } of lost) this.#add(kind, text);
  }

  /** Takes what a resource refers to, as `Type/id` or `Type?search`. */
  addTarget(key: string): void {
    if (this.#targets.size < maxTargets) this.#targets.add(key);
    else if (!this.#targets.has(key)) this.#isCut = true;
  }

  /** Whether there were more different targets than are looked up. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Looks up the targets so far, and forgets them. */
  async lookUp(pool: Pool): Promise<void> {
    const targets = [...this.#targets].flatMap((key) => targetOf(key) ?? []);
    this.#targets = new Set();
    for (const type of new Set(targets.map((target) => target.type))) {
      const ofType = targets.filter((target) => target.type === type);
      const ids = ofType.flatMap(({ id, conditional }) => (conditional ? [] : [id]));
      for (let from = 0; from < ids.length; from += 10_000) {
        const missing = await findMissing(pool, type, ids.slice(from, from + 10_000));
        for (const id of missing) this.#add('missing', `${type}/${id}`);
      }
      const searches = ofType.flatMap(({ conditional }) => conditional ?? []);
      if (searches.length === 0) continue;
      await identifyTypes(pool, [type]);
      const matches = await findIdentified(pool, type, searches);
      matches.forEach(({ count }, index) => {
        const text = type + (searches[index]?.search ?? '');
        if (count !== 1) this.#add(count === 0 ? 'none' : 'several', text);
      });
    }
  }

  /** What was found, kind by kind. */
  summary(): UnresolvedReferences[] {
    return kinds.flatMap((kind) => {
      const found = this.#found.get(kind);
      return found ? [{ kind, ...found }] : [];
    });
  }

  #add(kind: UnresolvedKind, text: string): void {
    const found = this.#found.get(kind) ?? { count: 0, examples: [] };
    found.count += 1;
    if (found.examples.length < maxExamples && !found.examples.includes(text)) {
      found.examples.push(text);
    }
    this.#found.set(kind, found);
  }
}
