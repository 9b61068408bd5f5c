import { endOfString } from '@sluice/fhir';
import { type References, relativeTo } from './bundle-references.ts';
import { replaceSpans, type TextEdit } from './replace-spans.ts';

const quote = 0x22;
const backslash = 0x5c;
const urn = Buffer.from('urn:');
/** Safe to look for in minified JSON: inside a string the quotes would be escaped. */
const urlPrefixes = [Buffer.from('"reference":"http'), Buffer.from('"url":"http')];
/** Elements that are text, though it may look like a name: an identifier stays what it is. */
const textNames = ['"value":', '"valueString":'].map((name) => Buffer.from(name));

/**
 * Replaces in a minified resource what names an entry of its Bundle by the full URL: a `urn:` in every element that is no plain text, and in
 * the links of narrative; a URL in references, and where it is that of a Binary. All else stays to the byte: conditional references, those to
 * contained resources, those to something outside the Bundle. https://hl7.org/fhir/R4/http.html#trules
 */
export function rewriteReferences(bytes: Buffer, references: References): Buffer {
  if (references.size === 0) return bytes;
  const edits = [
    ...findUrns(bytes, references),
    ...urlPrefixes.flatMap((prefix) => findUrls(bytes, prefix, references)),
    ...findEscaped(bytes, references),
  ];
  return replaceSpans(bytes, edits);
}

function findUrns(bytes: Buffer, references: References): TextEdit[] {
  const edits: TextEdit[] = [];
  for (let at = bytes.indexOf(urn); at !== -1; at = bytes.indexOf(urn, at + urn.length)) {
    const isWhole = bytes[at - 1] === quote && bytes[at - 2] !== backslash;
    if (isWhole ? isText(bytes, at - 1) : !isLink(bytes, at)) continue;
    const end = endOfName(bytes, at, isWhole);
    const text =
      end === undefined ? undefined : relativeTo(references, bytes.toString('utf8', at, end));
    if (end !== undefined && text !== undefined) edits.push({ start: at, end, text });
  }
  return edits;
}

function findUrls(bytes: Buffer, prefix: Buffer, references: References): TextEdit[] {
  const edits: TextEdit[] = [];
  const offset = prefix.length - 'http'.length;
  for (let at = bytes.indexOf(prefix); at !== -1; at = bytes.indexOf(prefix, at + prefix.length)) {
    const start = at + offset;
    const end = bytes.indexOf(quote, start);
    const text = relativeTo(references, bytes.toString('utf8', start, end).replaceAll('\\/', '/'));
    // The url of a ValueSet is its name, and may be where it was read.
    const isWanted = prefix === urlPrefixes[0] || text?.startsWith('Binary/') === true;
    if (text !== undefined && isWanted) edits.push({ start, end, text });
  }
  return edits;
}

/** Strings in which a character of a name is written as an escape. */
function findEscaped(bytes: Buffer, references: References): TextEdit[] {
  if (!bytes.includes('\\u00')) return [];
  const edits: TextEdit[] = [];
  let at = bytes.indexOf(quote);
  while (at !== -1) {
    const end = endOfString(bytes, at);
    const raw = bytes.subarray(at + 1, end);
    if (raw.length < 1024 && raw.includes('\\u00') && !isText(bytes, at)) {
      const text = relativeTo(references, String(JSON.parse(`"${raw.toString()}"`)));
      if (text !== undefined) edits.push({ start: at + 1, end, text });
    }
    at = bytes.indexOf(quote, end + 1);
  }
  return edits;
}

/** Whether the string that begins at this quote is the value of an element that is plain text. */
function isText(bytes: Buffer, at: number): boolean {
  return textNames.some((name) => bytes.subarray(Math.max(0, at - name.length), at).equals(name));
}

/** Whether a name inside a string is the target of a link in narrative. */
function isLink(bytes: Buffer, at: number): boolean {
  const before = bytes.toString('latin1', Math.max(0, at - 16), at);
  return /\b(?:href|src) ?= ?(?:\\"|')$/.test(before);
}

/** A whole string ends with a quote, a link in narrative with an escaped or a single one. */
function endOfName(bytes: Buffer, from: number, isWhole: boolean): number | undefined {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) return isWhole ? at : undefined;
    if (byte === backslash || byte === 0x27) return isWhole ? undefined : at;
  }
  return undefined;
}

/** Where the quote is that ends the string which begins at a quote. */
