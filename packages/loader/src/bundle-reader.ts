import { readEntry, type EntryRequest, readRequest } from './bundle-entry.ts';
import type { EntryText } from './bundle-splitter.ts';
import { type BundleSurvey, createSplitter, splitText, type TextSource } from './bundle-survey.ts';
import { UnloadableError } from './load-problem.ts';
import type { EntryMatch } from './match-entries.ts';
import type { References } from './bundle-references.ts';
import { SeenIds } from './seen-ids.ts';

/** What one entry of a Bundle asks for, with the line it begins on and its place in the Bundle, counted from 1. */
export type BundleItem = { line: number; number: number } & (
  EntryRequest | { kind: 'problem'; error: UnloadableError }
);

/**
 * Takes a Bundle apart that was surveyed: the resources' own texts are cut out and only references to full URLs
 * of the Bundle are rewritten. Deletions of a transaction come first, as FHIR has it (https://hl7.org/fhir/R4/http.html#trules).
 * Of a history, which lists the newest first, each resource's newest state counts. An entry that cannot be read is a problem of its own. Throws an `UnloadableError` when the Bundle cannot be taken apart at all.
 */
export async function* readBundle(
  source: TextSource,
  { type, references, deletions, searches, fault }: BundleSurvey,
  matches: ReadonlyMap<number, EntryMatch> = new Map(),
): AsyncGenerator<BundleItem, void, undefined> {
  if (fault !== undefined) throw new UnloadableError(fault);
  const deletesFirst = type === 'transaction';
  if (deletesFirst) {
    for (const deletion of deletions) yield { kind: 'delete', ...deletion };
    for (const { kind, line, number, type: searched } of searches) {
      const match = kind === 'delete' ? matches.get(number) : undefined;
      if (match?.kind === 'id')
        yield { kind: 'delete', line, number, type: searched, id: match.id };
    }
  }
  const seen = type === 'history' ? new SeenIds() : undefined;
  for await (const text of splitText(source, createSplitter(source))) {
    const item = readItem(text, source, references, matches);
    const isDone = deletesFirst && item.kind === 'delete';
    if (!isDone && (seen === undefined || isNewest(item, seen))) yield item;
  }
}

function readItem(
  { line, number, bytes }: EntryText,
  { maxEntryBytes }: TextSource,
  references: References,
  matches: ReadonlyMap<number, EntryMatch>,
): BundleItem {
  try {
    if (bytes === undefined) {
      throw new UnloadableError(`longer than an entry may be (${maxEntryBytes} bytes)`);
    }
    return {
      line,
      number,
      ...readRequest(readEntry(bytes, line), references, matches.get(number)),
    };
  } catch (error) {
    if (error instanceof UnloadableError) return { line, number, kind: 'problem', error };
    throw error;
  }
}

function isNewest(item: BundleItem, seen: SeenIds): boolean {
  if (item.kind !== 'resource' && item.kind !== 'delete') return true;
  return seen.add(item.type ?? '', item.id ?? '', 0, item.number) === undefined;
}
