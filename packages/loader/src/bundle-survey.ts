import { basename } from 'node:path';
import { scanObject } from '@sluice/fhir';
import { deletionOf, readEntry, searchOf } from './bundle-entry.ts';
import { BundleSplitter, type EntryText, type TextShape } from './bundle-splitter.ts';
import { UnloadableError } from './load-problem.ts';
import type { EntrySearch } from './match-entries.ts';
import { readJsonObject } from './read-json.ts';
import { noteFullUrl, type References } from './bundle-references.ts';

/** A text that can be read from its beginning again. */
export interface TextSource {
  readonly open: () => AsyncIterable<Buffer> | Iterable<Buffer>;
  /** The line it begins on. */
  readonly firstLine: number;
  /** How long an entry may be. */
  readonly maxEntryBytes: number;
}

/** A deletion that a Bundle asks for, and where. */
export interface Deletion {
  readonly line: number;
  readonly number: number;
  readonly type: string;
  readonly id: string;
}

/** What has to be known of a Bundle before the first of its resources can be read. */
export interface BundleSurvey {
  readonly type: string;
  /** Of entries by their full URLs. */
  readonly references: References;
  readonly deletions: readonly Deletion[];
  /** Entries that say by a search which resource they are about. */
  readonly searches: readonly EntrySearch[];
  /** Why the Bundle cannot be taken apart. */
  readonly fault: string | undefined;
}

const openBrace = 0x7b;
/** Far more than the meta, links and signature of a Bundle need. */
const maxFrameBytes = 16 * 1024 * 1024;

const carriers = new Set([
  'transaction',
  'transaction-response',
  'batch',
  'batch-response',
  'collection',
  'history',
  'searchset',
]);
const requests = new Set(['transaction', 'batch']);

/**
 * Says whether a parsed resource is a Bundle that only carries others: transaction, batch, the responses to them, collection, history or
 * searchset, or one that does not say its type. Documents, messages and any other type are resources themselves. So are all but transaction
 * and batch in files named `Bundle….ndjson`: that is what exported Bundles come in, and the transactions among them are lists of
 * what was deleted.
 */
export function carriesResources(
  resource: Readonly<Record<string, unknown>>,
  path: string,
): boolean {
  const { resourceType, type } = resource;
  if (resourceType !== 'Bundle') return false;
  const holdsBundles = isNamedNdjson(path) && /^(?:\d+\.)?Bundle\b/.test(basename(path));
  if (type === undefined) return !holdsBundles && Array.isArray(resource['entry']);
  return typeof type === 'string' && (holdsBundles ? requests : carriers).has(type);
}

/** Says whether a file's name promises one JSON text per line. */
export function isNamedNdjson(path: string): boolean {
  return /\.(?:ndjson|jsonl|ldjson)(?:\.gz)?$/i.test(basename(path));
}

/** Splits a text as far as it goes as one object, and gives its entries; the splitter knows afterwards what the text was. */
export async function* splitText(
  source: TextSource,
  splitter: BundleSplitter,
): AsyncGenerator<EntryText, void, undefined> {
  for await (const chunk of source.open()) {
    yield* splitter.push(chunk);
    if (splitter.shape === 'more' || splitter.shape === 'other') return;
  }
}

/** A splitter for a text. */
export function createSplitter({ firstLine, maxEntryBytes }: TextSource): BundleSplitter {
  return new BundleSplitter({ firstLine, maxEntryBytes, maxFrameBytes });
}

/** What a text is, as far as its brackets tell, and the Bundle it is if that carries others. */
export interface TextSurvey {
  readonly shape: TextShape;
  readonly bundle: BundleSurvey | undefined;
}

/**
 * Reads a text once, as far as it goes as one object, to see whether it is a Bundle that carries others. Memory: the frame of the Bundle, one
 * entry, and some hundred bytes for each deletion and each full URL.
 */
export async function surveyText(source: TextSource, path: string): Promise<TextSurvey> {
  const splitter = createSplitter(source);
  const references: References = new Map();
  const deletions: Deletion[] = [];
  const searches: EntrySearch[] = [];
  const notes = { references, deletions, searches };
  for await (const entry of splitText(source, splitter)) note(entry, notes);
  const { shape, frame } = splitter;
  const bundle = shape === 'object' && frame !== undefined ? readFrame(frame) : undefined;
  if (frame === undefined || bundle === undefined || !carriesResources(bundle, path)) {
    return { shape, bundle: undefined };
  }
  const type = typeof bundle['type'] === 'string' ? bundle['type'] : 'collection';
  return { shape, bundle: { type, ...notes, fault: findFault(frame) } };
}

interface Notes {
  readonly references: References;
  readonly deletions: Deletion[];
  readonly searches: EntrySearch[];
}

function note(entry: EntryText, { references, deletions, searches }: Notes): void {
  // What is no object is not worth an error here.
  if (entry.bytes?.[0] !== openBrace) return;
  try {
    const read = readEntry(entry.bytes, entry.line);
    noteFullUrl(references, read);
    const search = searchOf(read, entry.number);
    if (search !== undefined) searches.push(search);
    const deleted = deletionOf(read);
    if (deleted !== undefined) {
      deletions.push({ line: entry.line, number: entry.number, ...deleted });
    }
  } catch (error) {
    // It is reported when the entry is read to be loaded.
    if (!(error instanceof UnloadableError)) throw error;
  }
}

/** `undefined` if it is no JSON: then the text is none either, and whoever reads it as a whole can say where. */
function readFrame(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    return readJsonObject(bytes);
  } catch (error) {
    if (error instanceof UnloadableError) return undefined;
    throw error;
  }
}

function findFault(frame: Buffer): string | undefined {
  const [list, ...others] = scanObject(frame).filter(({ name }) => name === 'entry');
  if (others.length > 0) return 'the Bundle has "entry" twice';
  if (list === undefined) return undefined;
  const value = frame.toString('utf8', list.value.start, list.value.end);
  if (!value.startsWith('[')) return 'the entry of the Bundle is no array';
  // The splitter looks for the plain name.
  return value === '[]' ? undefined : 'the Bundle has its "entry" written with escapes';
}
