import { defaultMaxLineBytes, type NdjsonLine, readNdjson } from '@sluice/fhir';
import { BundleSplitter } from './bundle-splitter.ts';
import {
  type BundleSurvey,
  isNamedNdjson,
  surveyBundle,
  type TextSource,
} from './bundle-survey.ts';
import { readBytes } from './read-bytes.ts';

/** What `readTexts` needs to know beside the path. */
export interface ReadTextsOptions {
  maxLineBytes?: number | undefined;
  onRead?: ((bytes: number) => void) | undefined;
}

/** A text, one that is too long to be kept, or a Bundle of any length that fills a file. */
export type InputText = NdjsonLine | { line: number; source: TextSource; bundle: BundleSurvey };

/**
 * Reads the JSON texts of a file with the line each begins on: the lines of NDJSON, or the one document that a `.json` file holds.
 * The name `.ndjson` decides; any other file is a Bundle if it is one as a whole, NDJSON if one of its first lines is an object by
 * itself, and one document otherwise, which then must not be longer than a line may be.
 */
export async function* readTexts(
  path: string,
  options: ReadTextsOptions = {},
): AsyncGenerator<InputText, void, undefined> {
  const maxLineBytes = options.maxLineBytes ?? defaultMaxLineBytes;
  const open = () => readBytes(path, options.onRead);
  if (isNamedNdjson(path)) {
    yield* readNdjson(open(), { maxLineBytes });
    return;
  }
  const source = { open: () => readBytes(path), firstLine: 1, maxEntryBytes: maxLineBytes };
  const bundle = await surveyBundle(source, path);
  if (bundle !== undefined) {
    yield { line: 1, source: { ...source, open }, bundle };
  } else if (await beginsWithObjects(path, maxLineBytes)) {
    yield* readNdjson(open(), { maxLineBytes });
  } else {
    yield* readDocument(open(), maxLineBytes);
  }
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

/** Going by its brackets: whether it is JSON is for others to say. */
function isObject(bytes: Buffer): boolean {
  const splitter = new BundleSplitter({ firstLine: 1, maxEntryBytes: 0, maxFrameBytes: 0 });
  for (const entry of splitter.push(bytes)) void entry;
  return splitter.shape === 'object';
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
