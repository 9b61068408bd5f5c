import { isId } from '../ids.ts';

/**
 * Of a URL that could be one of this store, what is left of it in its relative form, whatever the base is: `Type/id`, also with
 * `/_history/version`, or else the last segment.
 */
export function relativeEnd(text: string): string {
  const [last = '', second = '', third = '', fourth = ''] = lastSegments(text, 4);
  if (!isId(last)) return last;
  const isVersion = second === '_history' && isId(third);
  const type = typeAtEnd(isVersion ? fourth : second);
  if (type === undefined) return last;
  return isVersion ? `${type}/${third}/_history/${last}` : `${type}/${last}`;
}

/** The last segments of a path, the very last first. */
function lastSegments(text: string, count: number): string[] {
  const segments: string[] = [];
  let end = text.length;
  while (segments.length < count && end >= 0) {
    const slash = end === 0 ? -1 : text.lastIndexOf('/', end - 1);
    segments.push(text.slice(slash + 1, end));
    end = slash;
  }
  return segments;
}

/** The name of a type that a segment may end in, at its longest; `undefined` when it ends in none. */
function typeAtEnd(segment: string): string | undefined {
  let start = segment.length;
  while (start > 0 && isLetter(segment.charCodeAt(start - 1))) start -= 1;
  while (start < segment.length && !isCapital(segment.charCodeAt(start))) start += 1;
  return start < segment.length - 1 ? segment.slice(start) : undefined;
}

function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

function isLetter(code: number): boolean {
  return isCapital(code) || (code >= 0x61 && code <= 0x7a);
}
