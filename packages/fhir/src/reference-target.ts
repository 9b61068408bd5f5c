import { type IdentifierToken, parseIdentifierSearch } from './identifier-search.ts';
import { type LocalBases, readReference, type ReferenceMeaning } from './reference.ts';

/** A conditional reference that the store can follow. */
export interface ConditionalReference extends IdentifierToken {
  readonly type: string;
  /** As it is written, from the question mark on. */
  readonly search: string;
}

/** What a reference leads to. */
export interface ReferenceTarget {
  readonly type: string;
  /** Logical id, or the search that stands for it. */
  readonly id: string;
  /** `Type/id`, or `Type?search`. */
  readonly key: string;
  /** Absent: it is literal. */
  readonly conditional?: ConditionalReference;
}

/** What a reference leads to in this store; `undefined` for those that lead nowhere, or that the store cannot follow. */
export function targetOf(text: string, bases?: LocalBases): ReferenceTarget | undefined {
  return toTarget(readReference(text, bases));
}

/** The same for a reference that has been read. */
export function toTarget(meaning: ReferenceMeaning): ReferenceTarget | undefined {
  if (meaning.kind === 'literal') {
    const { type, id } = meaning;
    return { type, id, key: `${type}/${id}` };
  }
  if (meaning.kind !== 'conditional') return undefined;
  const { type, search } = meaning;
  const wanted = parseIdentifierSearch(search);
  if (wanted === undefined || 'id' in wanted) return undefined;
  return { type, id: search, key: type + search, conditional: { type, search, ...wanted } };
}
