import { basename } from 'node:path';
import { defaultMaxLineBytes, type NdjsonLine, readNdjson } from '@sluice/fhir';
import { readBytes } from './read-bytes.ts';

/** What `readTexts` needs to know beside the path. */
export interface ReadTextsOptions {
  maxLineBytes?: number | undefined;
  onRead?: ((bytes: number) => void) | undefined;
}

/**
 * Reads the JSON texts of a file with the line each begins on: the lines of NDJSON, or the one document that a `.json` file holds.
 * The name `.ndjson` decides; any other file is NDJSON if one of its first lines is an object by itself, and is taken as one
 * document otherwise, which then must not be longer than a line may be.
 */
export async function* readTexts(
  path: string,
  options: ReadTextsOptions = {},
): AsyncGenerator<NdjsonLine, void, undefined> {
  const maxLineBytes = options.maxLineBytes ?? defaultMaxLineBytes;
  if (isNamedNdjson(path) || (await beginsWithObjects(path, maxLineBytes))) {
    yield* readNdjson(readBytes(path, options.onRead), { maxLineBytes });
  } else {
    yield* readDocument(readBytes(path, options.onRead), maxLineBytes);
  }
}

/** Says whether a file's name promises one JSON text per line. */
export function isNamedNdjson(path: string): boolean {
  return /\.ndjson(\.gz)?$/i.test(basename(path));
}

/** Two lines are tried, so that one bad line does not make a document of the whole file. */
async function beginsWithObjects(path: string, maxLineBytes: number): Promise<boolean> {
  let tried = 0;
  for await (const line of readNdjson(readBytes(path), { maxLineBytes })) {
    if ('problem' in line || isObject(line.bytes)) {
      return true;
    }
    tried += 1;
    if (tried === 2) {
      return false;
    }
  }
  return false;
}

function isObject(bytes: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    // Not JSON by itself is an answer here, not a fault.
    return false;
  }
}

async function* readDocument(
  source: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<NdjsonLine, void, undefined> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of source) {
    length += piece.length;
    if (length > maxBytes) {
      yield { line: 1, problem: 'line-too-long' };
      return;
    }
    pieces.push(piece);
  }
  const whole = Buffer.concat(pieces);
  const hasMark = whole[0] === 0xef && whole[1] === 0xbb && whole[2] === 0xbf;
  const bytes = hasMark ? whole.subarray(3) : whole;
  if (bytes.some((byte) => byte > 0x20)) {
    yield { line: 1, bytes };
  }
}
