import { ExportError } from './errors.ts';

/** Most characters of a header that holds a list. Whatever a client prefers or accepts fits many times. */
const maxLength = 2048;

/**
 * Checks that a header is short enough to be read.
 *
 * @throws ExportError with the issue code `too-long`
 */
export function checkHeaderLength(name: string, value: string): void {
  if (value.length <= maxLength) return;
  const text = `The header ${name} is ${value.length} characters long; accepted: up to ${maxLength}.`;
  throw new ExportError('invalid-parameter', text, {
    issues: [{ severity: 'error', code: 'too-long', text, expression: [name] }],
  });
}

/**
 * Splits a list at its separators, except inside quoted strings; a string that is never closed goes to the end. Items are trimmed; some may be empty.
 * https://www.rfc-editor.org/rfc/rfc9110#section-5.6
 */
export function splitList(text: string, separator: ',' | ';'): string[] {
  const items: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') quoted = !quoted;
    else if (quoted && character === '\\') at += 1;
    else if (!quoted && character === separator) {
      items.push(text.slice(start, at));
      start = at + 1;
    }
  }
  items.push(text.slice(start));
  return items.map((item) => item.trim());
}
