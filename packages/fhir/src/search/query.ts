import { isUnusable } from '../unusable-text.ts';
import { SearchError } from './search-error.ts';

/** One `name[:modifier]=value` of a search query, decoded; escapes are still in the value. */
export interface QueryParameter {
  readonly name: string;
  readonly modifier: string | undefined;
  readonly value: string;
}

/** Most characters of a search query, percent-encoded as it is. */
export const maxQueryLength = 16_384;

/**
 * Takes a search query (what follows `Type?`) apart. Percent-encoding is undone exactly once, `+` is a space; both before anything else is
 * looked at, so an encoded comma separates values as a plain one does: a comma that belongs to a value has to be
 * escaped with a backslash. All search text of clients passes here, so this is where it is bounded, and where text that no
 * database could hold is refused. https://hl7.org/fhir/R4/search.html#escaping
 *
 * @throws SearchError `invalid`
 */
export function parseQuery(query: string): QueryParameter[] {
  if (query.length > maxQueryLength) {
    const text = `The query is ${query.length} characters long; up to ${maxQueryLength} are accepted.`;
    throw new SearchError('invalid', text);
  }
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
  const pieces: string[] = [];
  let start = 0;
  for (let at = 0; at < value.length; at += 1) {
    if (value[at] === '\\') at += 1;
    else if (value[at] === separator) {
      pieces.push(value.slice(start, at));
      start = at + 1;
    }
  }
  return [...pieces, value.slice(start)];
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
  if (isUnusable(key) || isUnusable(value)) {
    const text = `${quote(part)} has a control character or a lone surrogate in it; any other text is accepted.`;
    throw new SearchError('invalid', text);
  }
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
    throw new SearchError('invalid', `${quote(text)} is not percent-encoded UTF-8.`);
  }
}

/** Text that may hold anything, as it may stand in a message. */
function quote(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
