import { defaultMaxLineBytes, type NdjsonLine, readNdjson } from '@sluice/fhir';
import type { BundleSurvey, TextSource } from './bundle-survey.ts';
import { decideForm } from './decide-form.ts';
import { readBytes } from './read-bytes.ts';
import { ValueSplitter } from './value-splitter.ts';

/** What `readTexts` needs to know beside the path. */
export interface ReadTextsOptions {
  /** What the file is called, whose ending may say what it is, when that is not its path. */
  name?: string | undefined;
  maxLineBytes?: number | undefined;
  onRead?: ((bytes: number) => void) | undefined;
}

/** A text, one that is too long to be kept, or a Bundle of any length that fills a file. */
export type InputText = NdjsonLine | { line: number; source: TextSource; bundle: BundleSurvey };

/**
 * Reads the JSON texts of a file with the line each begins on: the lines of NDJSON, the document or the Bundle that fills it, or values
 * printed in any way behind one another or in an array (see `decideForm`). A text that is not a Bundle must not be longer than a line may be.
 */
export async function* readTexts(
  path: string,
  options: ReadTextsOptions = {},
): AsyncGenerator<InputText, void, undefined> {
  const maxLineBytes = options.maxLineBytes ?? defaultMaxLineBytes;
  const open = () => readBytes(path, options.onRead);
  const source = { open: () => readBytes(path), firstLine: 1, maxEntryBytes: maxLineBytes };
  const form = await decideForm(source, options.name ?? path);
  if (form === 'lines') yield* readNdjson(open(), { maxLineBytes });
  else if (form === 'values') yield* readValues(open(), maxLineBytes);
  else if (form === 'document') yield* readDocument(open(), maxLineBytes);
  else yield { line: 1, source: { ...source, open }, bundle: form };
}

async function* readValues(
  source: AsyncIterable<Buffer>,
  maxValueBytes: number,
): AsyncGenerator<NdjsonLine, void, undefined> {
  const splitter = new ValueSplitter({ firstLine: 1, maxValueBytes });
  for await (const chunk of source) {
    for (const { line, bytes } of splitter.push(chunk)) {
      yield bytes === undefined ? { line, problem: 'line-too-long' } : { line, bytes };
    }
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
  if (bytes.some((byte) => ![0x20, 0x0a, 0x0d, 0x09].includes(byte))) {
    yield { line: 1, bytes };
  }
}
