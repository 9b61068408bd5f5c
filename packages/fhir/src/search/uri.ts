import { SearchError } from './search-error.ts';

/** How a uri parameter compares; `below` and `above` go by the segments of a URL. */
export type UriMatch = 'exact' | 'below' | 'above';

/** Checks a value for `:above` and `:below`, which R4 has for URLs only. https://hl7.org/fhir/R4/search.html#uri */
export function checkHierarchicalUri(value: string, parameter: string): string {
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(value)) {
    throw new SearchError('invalid', `${parameter}: a URL is expected, not "${value}".`, parameter);
  }
  return value;
}

/**
 * Makes the test of a uri against values, any of which will do: every character counts, case as well. A canonical with a version is also
 * found without it.
 */
export function uriTest(
  wanted: readonly string[],
  match: UriMatch,
  type: string,
): (element: unknown) => boolean {
  const test = uriMatcher(wanted, match);
  return (element) =>
    typeof element === 'string' &&
    (test(element) || (type === 'canonical' && test(withoutVersion(element))));
}

/** A canonical without `|version` and what follows it. */
export function withoutVersion(canonical: string): string {
  const bar = canonical.indexOf('|');
  return bar < 0 ? canonical : canonical.slice(0, bar);
}

function uriMatcher(wanted: readonly string[], match: UriMatch): (uri: string) => boolean {
  if (match === 'exact') {
    const all = new Set(wanted);
    return (uri) => all.has(uri);
  }
  return match === 'below'
    ? (uri) => wanted.some((each) => isBelow(uri, each))
    : (uri) => wanted.some((each) => isBelow(each, uri));
}

function isBelow(uri: string, base: string): boolean {
  return uri === base || uri.startsWith(base.endsWith('/') ? base : `${base}/`);
}
