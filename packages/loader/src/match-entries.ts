import { type IdentifierToken, parseIdentifierSearch } from '@sluice/fhir';
import { withoutPatient } from './load-problem.ts';
import type { References } from './bundle-references.ts';

/** An entry that says by a search which resource it is about: `ifNoneExist`, or PUT or DELETE of `Type?search`. */
export interface EntrySearch {
  readonly line: number;
  readonly number: number;
  readonly kind: 'create' | 'update' | 'delete';
  readonly type: string;
  readonly search: string;
  readonly fullUrl: string | undefined;
  /** The id that it has when there is no such resource. */
  readonly id: string | undefined;
}

/** What came of the search of an entry. */
export type EntryMatch =
  /** It is there, and stays as it is; or it is to be deleted and is not there. */
  | { readonly kind: 'nothing' }
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
 * search the first creates what the others find; what is deleted is deleted first. https://hl7.org/fhir/R4/http.html#ccreate, #cond-update
 */
export async function matchEntries(
  searches: readonly EntrySearch[],
  references: References,
  find: Find,
): Promise<ReadonlyMap<number, EntryMatch>> {
  const found = await findAll(searches, find);
  const matches = new Map<number, EntryMatch>();
  const deletesFirst = searches.toSorted(
    (a, b) => Number(b.kind === 'delete') - Number(a.kind === 'delete'),
  );
  for (const entry of deletesFirst) {
    const { type, search, id } = entry;
    const wanted = found.get(type + search);
    const match = matchOf(entry, wanted);
    if (match !== undefined) matches.set(entry.number, match);
    if (entry.kind === 'delete') {
      if (match?.kind === 'id') found.set(type + search, { id: undefined, count: 0 });
      continue;
    }
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
    const message = `${withoutPatient(type + search)} is no search that can be looked up; accepted: one identifier, such as ${type}?identifier=system|value`;
    return { kind: 'fault', message };
  }
  if (found.count > 1) {
    return {
      kind: 'fault',
      message: `${withoutPatient(type + search)} finds ${found.count} resources`,
    };
  }
  if (found.id === undefined) return kind === 'delete' ? { kind: 'nothing' } : undefined;
  return kind === 'create' ? { kind: 'nothing' } : { kind: 'id', id: found.id };
}
