import { SearchError } from './search-error.ts';

/** One `name[:modifier]=value` of a search query, decoded; escapes are still in the value. */
export interface QueryParameter {
  readonly name: string;
  readonly modifier: string | undefined;
  readonly value: string;
}

/**
 * Takes a search query (what follows `Type?`) apart. Percent-encoding is undone exactly once, `+` is a space; both before anything else is
 * looked at, so an encoded comma separates values as a plain one does: a comma that belongs to a value has to be
 * escaped with a backslash. https://hl7.org/fhir/R4/search.html#escaping
 */
export function parseQuery(query: string): QueryParameter[] {
  const parameters = query
    .split('&')
    .filter((part) => part !== '')
    .map(parsePart);
  if (parameters.length === 0) {
    throw new SearchError('invalid', 'The query is empty; name=value is expected after the "?".');
  }
  return parameters;
}

/** Splits at the separators that no backslash precedes. The pieces still have their escapes. */
export function splitValue(value: string, separator: ',' | '|'): string[] {
  if (!value.includes('\\')) {
    return value.split(separator);
  }
  const pieces = [''];
  for (const [token] of value.matchAll(/\\?[^]/g)) {
    if (token === separator) {
      pieces.push('');
    } else {
      pieces.push(`${pieces.pop() ?? ''}${token}`);
    }
  }
  return pieces;
}

/** Undoes `\,` `\|` `\$` and `\\`; a backslash before anything else is an error that the client ought to hear of. */
export function unescapeValue(piece: string, parameter: string): string {
  return piece.replace(/\\([^]?)/g, (_, character: string) => {
    if (character === '' || !',|$\\'.includes(character)) {
      throw new SearchError(
        'invalid',
        `${parameter}: a backslash may only stand before a comma, a bar, a dollar sign or another backslash.`,
        parameter,
      );
    }
    return character;
  });
}

function parsePart(part: string): QueryParameter {
  const equals = part.indexOf('=');
  const key = decode(equals < 0 ? part : part.slice(0, equals));
  const value = equals < 0 ? '' : decode(part.slice(equals + 1));
  const colon = key.indexOf(':');
  if (key === '' || value === '') {
    const fault = key === '' ? `"=${value}" has no parameter name` : `${key} has no value`;
    throw new SearchError('invalid', `${fault}; name=value is expected.`, key || undefined);
  }
  return {
    name: colon < 0 ? key : key.slice(0, colon),
    modifier: colon < 0 ? undefined : key.slice(colon + 1),
    value,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new SearchError('invalid', `"${text}" is not percent-encoded UTF-8.`);
  }
}
