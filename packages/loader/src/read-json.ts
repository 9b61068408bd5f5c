import { isUtf8 } from 'node:buffer';
import { checkJsonBounds } from '@sluice/fhir';
import { UnloadableError } from './load-problem.ts';

/** How deep a resource may be nested. */
const maxDepth = 1000;
/**
 * How many values a resource may have: a Group of three million members has as many. Memory is needed for each, so this bounds what
 * a text may grow to.
 */
const maxValues = 10_000_000;

/** Throws an `UnloadableError` when a text is nested too deep, or has too many values, to be read into memory. */
function checkBounds(bytes: Buffer, firstLine: number): void {
  const excess = checkJsonBounds(bytes, { maxDepth, maxValues });
  if (excess === undefined) return;
  const line = lineAt(bytes, excess.at, firstLine);
  throw new UnloadableError(
    excess.bound === 'depth'
      ? `nested more than ${maxDepth} levels deep`
      : `more than ${maxValues} values`,
    line,
  );
}

/** As `checkBounds`, for a text of which few values will be kept: only one that is long enough can have too many. */
export function checkSize(bytes: Buffer, firstLine: number): void {
  if (bytes.length > maxValues) checkBounds(bytes, firstLine);
}

/**
 * Parses one JSON text that must be an object. What it throws names the kind of fault and its place but quotes nothing: the text may
 * be about a patient, and messages end up in logs.
 */
export function readJsonObject(bytes: Buffer, firstLine = 1): Record<string, unknown> {
  const value = readJson(bytes, firstLine);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnloadableError('not a JSON object');
  }
  return value as Record<string, unknown>;
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const notUtf8ButLatin1 =
  'not UTF-8, but like Latin-1 or Windows-1252: iconv -f WINDOWS-1252 -t UTF-8 converts it';

/** Accented letters of UTF-8 are two bytes beyond ASCII at least; in Latin-1 most stand alone. */
function isLikeLatin1(bytes: Buffer): boolean {
  let high = 0;
  let alone = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if ((bytes[at] ?? 0) < 0xa0) continue;
    high += 1;
    if ((bytes[at - 1] ?? 0) < 0x80 && (bytes[at + 1] ?? 0) < 0x80) alone += 1;
  }
  return high > 0 && alone * 2 >= high;
}

/** Parses one JSON text, within bounds; otherwise like `readJsonObject`. */
export function readJson(bytes: Buffer, firstLine = 1): unknown {
  if (!isUtf8(bytes)) {
    throw new UnloadableError(isLikeLatin1(bytes) ? notUtf8ButLatin1 : 'not UTF-8');
  }
  if (bytes.subarray(0, 3).equals(byteOrderMark)) {
    throw new UnloadableError(
      'it begins with a byte order mark: files were put behind one another, remove the mark',
    );
  }
  if (bytes.includes(0)) {
    throw new UnloadableError('it contains a NUL byte');
  }
  checkBounds(bytes, firstLine);
  return parse(bytes.toString('utf8'), firstLine);
}

function parse(text: string, firstLine: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const position = /position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? undefined : lineAt(text, Number(position), firstLine);
    throw new UnloadableError(`not JSON: ${withoutQuotation(message)}`, line);
  }
}

/** `Unexpected token 'x', ..."text around"... is not valid JSON` quotes the text; other messages only say where. */
function withoutQuotation(message: string): string {
  const [fault = ''] = message.split(/, (?:\.\.\.)?"/);
  return fault.charAt(0).toLowerCase() + fault.slice(1);
}

/** The line of a place in a text that begins on `firstLine`. */
export function lineAt(text: string | Buffer, position: number, firstLine: number): number {
  let line = firstLine;
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) {
    line += 1;
  }
  return line;
}
