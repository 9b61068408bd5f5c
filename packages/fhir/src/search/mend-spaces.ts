import { maxQueryLength } from './query.ts';
import { SearchError } from './search-error.ts';
import { type Condition, parseTypeFilter } from './type-filter.ts';

/** Conditions that compare values exactly, as far as a value may have a plus. */
const exact: ReadonlySet<Condition['kind']> = new Set([
  ...(['token', 'of-type', 'identifier', 'uri'] as const),
]);

/**
 * Has the exact values of a `_typeFilter` that hold a plain space or plus match either: a filter is
 * decoded twice, so that the `+` of `code=A+B` is a space to the one who decodes and was perhaps a plus
 * to the one who wrote it, and such a search would find nothing without a word. What is percent-encoded
 * in the filter itself (`%2B`, `%20`) means what it says. Dates are mended where they are read, and
 * texts do have spaces.
 *
 * @param query what follows `Type?`, decoded once; one that `parseTypeFilter` takes
 * @returns the query, `code=A%20B,A%2BB` in place of `code=A+B`
 * @throws SearchError `invalid` when that is too long
 */
export function mendSpaces(type: string, query: string): string {
  if (!/[ +]/.test(query)) return query;
  const mended = query
    .split('&')
    .map((part) => (isAmbiguous(type, part) ? withEither(part) : part))
    .join('&');
  if (mended.length <= maxQueryLength) return mended;
  const text = `The query is too long with each plain + and space taken for either; accepted: %2B and %20 instead.`;
  throw new SearchError('invalid', text);
}

function isAmbiguous(type: string, part: string): boolean {
  if (!/[ +]/.test(part.slice(part.indexOf('=') + 1))) return false;
  const [criterion] = parseTypeFilter(type, part).criteria;
  return criterion !== undefined && exact.has(criterion.condition.kind);
}

function withEither(part: string): string {
  const at = part.indexOf('=') + 1;
  const value = part.slice(at);
  const read = (as: string): string => value.replaceAll(/[ +]/g, as);
  return `${part.slice(0, at)}${read('%20')},${read('%2B')}`;
}
