/** One `name=value` of a query string, decoded; no value when its percent-encoding is broken. */
export interface QueryPair {
  readonly name: string;
  readonly value: string | undefined;
}

/**
 * Splits a raw query string (without `?`) into its pairs, in order and with repeats. Values are
 * decoded once, as forms encode them: `+` is a space, and whoever expects a plus has to put it back.
 */
export function parseQuery(raw: string): QueryPair[] {
  return raw
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      const name = decode(at === -1 ? pair : pair.slice(0, at));
      const value = decode(at === -1 ? '' : pair.slice(at + 1));
      return name === undefined ? { name: pair, value: undefined } : { name, value };
    });
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
