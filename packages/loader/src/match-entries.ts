import { type IdentifierToken, parseIdentifierSearch } from '@sluice/fhir';
import type { References } from './bundle-references.ts';

/** An entry that says by a search which resource it is about: `ifNoneExist`, or PUT of `Type?search`. */
export interface EntrySearch {
  readonly number: number;
  readonly kind: 'create' | 'update';
  readonly type: string;
  readonly search: string;
  readonly fullUrl: string | undefined;
  /** The id that it has when there is no such resource. */
  readonly id: string | undefined;
}

/** What came of the search of an entry. */
export type EntryMatch =
  /** It is there, and stays as it is. */
  | { readonly kind: 'exists' }
  /** The resource is to have this id. */
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'fault'; readonly message: string };

/** Finds the resources of a type that have an identifier. */
export type Find = (
  type: string,
  tokens: readonly IdentifierToken[],
) => Promise<readonly { readonly id: string | undefined; readonly count: number }[]>;

/**
 * Looks up the searches of a Bundle's entries, by number of entry, and has `references` lead to what was found. Of several entries with one
 * search the first creates what the others find. https://hl7.org/fhir/R4/http.html#ccreate, #cond-update
 */
export async function matchEntries(
  searches: readonly EntrySearch[],
  references: References,
  find: Find,
): Promise<ReadonlyMap<number, EntryMatch>> {
  const found = await findAll(searches, find);
  const matches = new Map<number, EntryMatch>();
  for (const entry of searches) {
    const { type, search, id } = entry;
    const wanted = found.get(type + search);
    const match = matchOf(entry, wanted);
    if (match !== undefined) matches.set(entry.number, match);
    const target = wanted?.id ?? id;
    if (target === undefined || match?.kind === 'fault') continue;
    if (entry.fullUrl !== undefined) references.set(entry.fullUrl, `${type}/${target}`);
    found.set(type + search, { id: target, count: 1 });
  }
  return matches;
}

type Found = { readonly id: string | undefined; readonly count: number };

async function findAll(
  searches: readonly EntrySearch[],
  find: Find,
): Promise<Map<string, Found | undefined>> {
  const found = new Map<string, Found | undefined>();
  for (const type of new Set(searches.map((entry) => entry.type))) {
    const tokens = new Map<string, IdentifierToken>();
    for (const { type: own, search } of searches) {
      const wanted = own === type ? parseIdentifierSearch(search) : undefined;
      if (wanted !== undefined && 'value' in wanted) tokens.set(search, wanted);
    }
    const answers = await find(type, [...tokens.values()]);
    [...tokens.keys()].forEach((search, index) => found.set(type + search, answers[index]));
  }
  return found;
}

function matchOf(
  { kind, type, search }: EntrySearch,
  found: Found | undefined,
): EntryMatch | undefined {
  if (found === undefined) {
    const message = `${type}${search} is no search that can be looked up; accepted: one identifier, such as ${type}?identifier=system|value`;
    return { kind: 'fault', message };
  }
  if (found.count > 1) {
    return { kind: 'fault', message: `${type}${search} finds ${found.count} resources` };
  }
  if (found.id === undefined) return undefined;
  return kind === 'create' ? { kind: 'exists' } : { kind: 'id', id: found.id };
}
