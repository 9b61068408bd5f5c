import { parseIdentifierSearch } from './identifier-search.ts';
import { isResourceType } from './resource-types.ts';

/** The resource a reference names; the version it may name too is left out. */
export interface ResourceReference {
  type: string;
  id: string;
}

/** URLs under which this store is known, with or without a slash at the end; compared to the letter, scheme included. */
export type LocalBases = string | readonly string[];

/** What a reference means to this store. */
export type ReferenceMeaning =
  /** A resource of this store, whether it is there or not. */
  | { readonly kind: 'literal'; readonly type: string; readonly id: string }
  /** A search of this store; `search` is the text from the question mark on, as it is written. */
  | { readonly kind: 'conditional'; readonly type: string; readonly search: string }
  /** `contained`: `#x`; `urn`: names that only a Bundle resolves; `elsewhere`: another server; `unknown`: none of these. */
  | { readonly kind: 'contained' | 'urn' | 'elsewhere' | 'unknown' };

/**
 * Says what a reference means, given the names of this store. Literal are `Patient/1`, `/Patient/1`, `Patient/1/_history/2` and
 * `Patient?_id=1`, conditional is any other search, `Patient?identifier=system|value`; both also behind one of the `bases`. Types that R4 does
 * not have are unknown. https://hl7.org/fhir/R4/references.html#literal, https://hl7.org/fhir/R4/http.html#trules
 */
export function readReference(text: string, bases: LocalBases = []): ReferenceMeaning {
  const relative = relativeReference(text, bases);
  const [, type = '', id, search] = localReference.exec(relative) ?? [];
  if (isResourceType(type)) {
    if (id !== undefined) return { kind: 'literal', type, id };
    if (search !== undefined) return readSearch(type, search);
  }
  if (text.startsWith('#')) return { kind: 'contained' };
  if (/^urn:/i.test(text)) return { kind: 'urn' };
  return { kind: /^[A-Za-z][A-Za-z0-9+.-]*:./.test(text) ? 'elsewhere' : 'unknown' };
}

/** The resource that a literal reference names, as `readReference` reads it; `undefined` for every other kind. */
export function parseReference(
  text: string,
  bases: LocalBases = [],
): ResourceReference | undefined {
  const meaning = readReference(text, bases);
  return meaning.kind === 'literal' ? { type: meaning.type, id: meaning.id } : undefined;
}

/** A reference without the base of this store, or the slash, before its type; any other text as it is. */
export function relativeReference(text: string, bases: LocalBases): string {
  for (const base of typeof bases === 'string' ? [bases] : bases) {
    if (base === '' || !text.startsWith(base)) continue;
    const end = base.endsWith('/') ? base.length - 1 : base.length;
    if (text[end] === '/') return text.slice(end + 1);
  }
  return text.startsWith('/') ? text.slice(1) : text;
}

/** `Type/id`, `Type/id/_history/version` or `Type?search`; ids as `isId` has them. */
const localReference =
  /^(\w+)(?:\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?|(\?.+))$/s;

function readSearch(type: string, search: string): ReferenceMeaning {
  const wanted = parseIdentifierSearch(search);
  return wanted !== undefined && 'id' in wanted
    ? { kind: 'literal', type, id: wanted.id }
    : { kind: 'conditional', type, search };
}
