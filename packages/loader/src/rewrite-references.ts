/** Full URLs of a Bundle's entries and the relative references (`Patient/1`) they stand for. */
export type References = Map<string, string>;

/** Safe to look for in minified JSON: inside a string the quotes would be escaped. */
const prefix = Buffer.from('"reference":"urn:');
const valueOffset = prefix.length - 'urn:'.length;
const quote = 0x22;

/**
 * Replaces the references of a minified resource that `references` knows, in its text. All others stay: conditional ones, those to
 * contained resources, those to something outside the Bundle.
 */
export function rewriteReferences(bytes: Buffer, references: References): Buffer {
  if (references.size === 0) {
    return bytes;
  }
  const pieces: Buffer[] = [];
  let copied = 0;
  for (let at = bytes.indexOf(prefix); at !== -1; at = bytes.indexOf(prefix, at + prefix.length)) {
    const start = at + valueOffset;
    const end = bytes.indexOf(quote, start);
    const replacement = references.get(bytes.toString('utf8', start, end));
    if (replacement !== undefined) {
      pieces.push(bytes.subarray(copied, start), Buffer.from(replacement));
      copied = end;
    }
  }
  return copied === 0 ? bytes : Buffer.concat([...pieces, bytes.subarray(copied)]);
}
