import { SearchError } from './search-error.ts';
import { type Condition, parseTypeFilter } from './type-filter.ts';

/** Conditions whose values seldom have a space and often a plus. */
const exact: ReadonlySet<Condition['kind']> = new Set([
  ...(['token', 'of-type', 'identifier', 'uri', 'reference', 'quantity'] as const),
]);

/**
 * Checks the values of a `_typeFilter` for spaces that may have been a plus: a filter is decoded twice,
 * so that the `+` of `code=A+B` means a space to the one who decodes and a plus to the one who wrote
 * it. Codes, URIs and ids are compared exactly, and such a search would find nothing without a word.
 * Dates are mended instead, and texts do have spaces.
 *
 * @param query what follows `Type?`, decoded once; one that `parseTypeFilter` takes
 * @throws SearchError `invalid`, which says how either is written
 */
export function checkSpaces(type: string, query: string): void {
  for (const part of query.split('&')) {
    const value = part.slice(part.indexOf('=') + 1);
    if (!value.includes('+') && !value.includes(' ')) continue;
    const [criterion] = parseTypeFilter(type, part).criteria;
    if (criterion === undefined || !exact.has(criterion.condition.kind)) continue;
    const { name } = criterion.parameter;
    throw new SearchError(
      'invalid',
      `${name} has a + or a space in its value, which may mean either; accepted: %2B for a plus and %20 for a space, percent-encoded once more where the filter is part of a URL.`,
      name,
    );
  }
}
