import { isId } from '../ids.ts';
import { type LocalBases, readReference, relativeReference } from '../reference.ts';
import type { FilterLists } from './filter-lists.ts';
import { impliedTarget } from './reference-value.ts';
import { parseTypeFilter } from './type-filter.ts';

/** A resource that a filter asks for references to. */
export interface WantedReference {
  /** `undefined`: of any type. */
  readonly type: string | undefined;
  readonly id: string;
}

/**
 * Lists the resources of this store that search queries of a type ask for references to, each once; versions of them are not among them.
 * Throws a `SearchError` for a query that cannot be evaluated.
 */
export function listFilterReferences(
  type: string,
  lists: FilterLists,
  bases: LocalBases,
): WantedReference[] {
  const found = new Map<string, WantedReference>();
  const add = (wanted: WantedReference): void => {
    found.set(`${wanted.type ?? ''}/${wanted.id}`, wanted);
  };
  for (const query of lists.flat()) {
    for (const { parameter, condition } of parseTypeFilter(type, query).criteria) {
      if (condition.kind !== 'reference') continue;
      for (const path of parameter.paths.filter((each) => each.type === 'Reference')) {
        const implied = impliedTarget(path, condition.target);
        for (const value of condition.values) {
          if (isId(value)) add({ type: implied, id: value });
          else {
            const meaning = readReference(value, bases);
            const isVersion = relativeReference(value, bases).includes('/_history/');
            if (meaning.kind === 'literal' && !isVersion) add(meaning);
          }
        }
      }
    }
  }
  return [...found.values()].map(({ type: target, id }) => ({ type: target, id }));
}
