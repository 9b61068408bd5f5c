import { compileFilter, type FilterOptions } from './compile.ts';
import { narrowFilter } from './narrow.ts';
import { allOf, anyOf, type Narrowing } from './narrowing.ts';
import type { ReferenceAliases } from './reference-value.ts';
import { parseTypeFilter } from './type-filter.ts';

/**
 * Searches that limit one resource type: a resource has to match one query of every list. No list limits nothing, an empty
 * list matches nothing. Lists are never multiplied out: n queries and m queries cost n + m.
 */
export type FilterLists = readonly (readonly string[])[];

/**
 * Compiles lists of search queries (each as `parseTypeFilter` takes it) into one test of a parsed resource.
 *
 * @throws SearchError for a query that cannot be evaluated
 */
export function compileFilterLists(
  type: string,
  lists: FilterLists,
  options: FilterOptions,
): (resource: object) => boolean {
  const tests = lists.map((queries) =>
    compileFilter(
      queries.map((query) => parseTypeFilter(type, query)),
      options,
    ),
  );
  return (resource) => tests.every((test) => test(resource));
}

/** A condition that everything that passes the lists meets, as `narrowFilter` gives it for one query. */
export function narrowFilterLists(
  type: string,
  lists: FilterLists,
  aliases?: ReferenceAliases,
): Narrowing {
  return allOf(
    lists.map((queries) =>
      anyOf(queries.map((query) => narrowFilter(parseTypeFilter(type, query), aliases))),
    ),
  );
}
