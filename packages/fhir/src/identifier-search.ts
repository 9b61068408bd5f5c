import { isId } from './ids.ts';
import { isUnusable } from './unusable-text.ts';

/** An identifier that is looked for; without `system` in any, with an empty one in none. */
export interface IdentifierToken {
  readonly system?: string;
  readonly value: string;
}

/** A search for one resource, by its id or by one of its identifiers. */
export type IdentifierSearch = IdentifierToken | { readonly id: string };

/**
 * Reads the search of a conditional reference, `ifNoneExist` or a conditional update: one parameter, `identifier` with one value or
 * `_id`, percent-encoded or not. `undefined` means that it is another search, which finds nothing here.
 * https://hl7.org/fhir/R4/search.html#token
 *
 * @param search with or without the question mark before it
 */
export function parseIdentifierSearch(search: string): IdentifierSearch | undefined {
  const [, name, written = ''] = /^\??([^=&]+)=([^&]+)$/s.exec(search) ?? [];
  const value = decode(written);
  if (value === undefined || isUnusable(value)) return undefined;
  if (name === '_id') return isId(value) ? { id: value } : undefined;
  if (name !== 'identifier') return undefined;
  const parts = splitToken(value);
  if (parts === undefined) return undefined;
  const [first = '', second] = parts;
  const token = second === undefined ? { value: first } : { system: first, value: second };
  return token.value === '' ? undefined : token;
}

/** Whether a resource has the identifier; `resource` is parsed. */
export function hasIdentifier(resource: object, wanted: IdentifierToken): boolean {
  return identifiersOf(resource).some(
    ({ system, value }) =>
      value === wanted.value && (wanted.system === undefined || wanted.system === system),
  );
}

/** The identifiers of a parsed resource that have a value; those without a system have an empty one. */
export function identifiersOf(resource: object): { system: string; value: string }[] {
  const { identifier } = resource as { readonly identifier?: unknown };
  const all: readonly unknown[] = Array.isArray(identifier) ? identifier : [identifier];
  return all.flatMap((each) => {
    const { system, value } = (each ?? {}) as {
      readonly system?: unknown;
      readonly value?: unknown;
    };
    return typeof value === 'string'
      ? [{ system: typeof system === 'string' ? system : '', value }]
      : [];
  });
}

/** At the bars that are not escaped; `undefined` when there are more than one, or several values. */
function splitToken(text: string): string[] | undefined {
  const parts = [''];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if (sign === ',') return undefined;
    if (sign === '|') parts.push('');
    else {
      if (sign === '\\') at += 1;
      parts.push((parts.pop() ?? '') + (sign === '\\' ? (text[at] ?? '') : sign));
    }
  }
  return parts.length > 2 ? undefined : parts;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
