import {
  type ConditionalReference,
  endOfString,
  forEveryReference,
  type LocalBases,
  readReference,
  toTarget,
} from '@sluice/fhir';
import { replaceSpans, type TextEdit } from './replace-spans.ts';
import type { ReadResource } from './stage-resource.ts';

/** The conditional references of a resource. */
export interface Searches {
  /** Those that look for an identifier, each once. */
  readonly followed: readonly ConditionalReference[];
  /** Those that cannot be looked up, as they are written. */
  readonly others: readonly string[];
}

const questionMark = 0x3f;
const prefix = Buffer.from('"reference":"');

/** Lists the conditional references of a resource; `undefined`: there are none. */
export function listSearches(
  { bytes, resource }: ReadResource,
  bases?: LocalBases,
): Searches | undefined {
  if (!mayHoldSearch(bytes)) return undefined;
  const followed = new Map<string, ConditionalReference>();
  const others = new Set<string>();
  forEveryReference(resource, (text) => {
    const meaning = readReference(text, bases);
    if (meaning.kind !== 'conditional') return;
    const target = toTarget(meaning);
    if (target?.conditional === undefined) others.add(meaning.type + meaning.search);
    else followed.set(target.key, target.conditional);
  });
  if (followed.size + others.size === 0) return undefined;
  return { followed: [...followed.values()], others: [...others] };
}

/**
 * Writes conditional references of a minified resource as `Type/id`, where it is known what they lead to; every other byte stays.
 *
 * @param idOf by `Type?search`; `undefined`: the reference stays
 */
export function writeLiterals(
  bytes: Buffer,
  idOf: (key: string) => string | undefined,
  bases?: LocalBases,
): Buffer {
  const edits: TextEdit[] = [];
  for (let at = bytes.indexOf(prefix); at !== -1; at = bytes.indexOf(prefix, at + prefix.length)) {
    const start = at + prefix.length;
    const end = endOfString(bytes, start - 1);
    if (!mayHoldSearch(bytes.subarray(start, end))) continue;
    const text = String(JSON.parse(`"${bytes.toString('utf8', start, end)}"`));
    const meaning = readReference(text, bases);
    if (meaning.kind !== 'conditional') continue;
    const id = idOf(meaning.type + meaning.search);
    if (id !== undefined) edits.push({ start, end, text: `${meaning.type}/${id}` });
  }
  return replaceSpans(bytes, edits);
}

/** False where there is no question mark, which may be written as an escape. */
function mayHoldSearch(bytes: Buffer): boolean {
  return bytes.includes(questionMark) || bytes.includes('\\u003');
}
