import type { FilterLists } from '@sluice/fhir';
import type { KickOff } from './export.ts';

type Filters = Pick<KickOff, 'typeFilters' | 'rowFilters'>;

/** The types of which an export does not hold every resource: those with `_typeFilter`s or limited by rights. */
export function filteredTypes({ typeFilters, rowFilters }: Filters): string[] {
  return [...new Set([...Object.keys(typeFilters ?? {}), ...Object.keys(rowFilters ?? {})])];
}

/** What a resource of a type has to match: the client's `_typeFilter`s, and what it is limited to. */
export function filterListsOf({ typeFilters, rowFilters }: Filters, type: string): FilterLists {
  const asked = typeFilters?.[type];
  return [...(asked === undefined ? [] : [asked]), ...(rowFilters?.[type] ?? [])];
}
