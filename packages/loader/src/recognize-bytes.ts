/** Something that is not NDJSON or JSON, or cannot be read to its end; the message says what it is and what to do. */
export class UnreadableError extends Error {
  readonly code = 'unreadable';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnreadableError';
  }
}

/** What the first bytes of a text say it is. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** As many bytes as `recognizeBytes` needs to see; a tar archive has its mark behind the first name. */
export const headBytes = 300;

const unpack = 'unpack it first';
const convert = 'convert it to JSON first';

/** Beginnings by which a format is known: where they are, and what to say. */
const formats: readonly (readonly [at: number, bytes: string, message: string])[] = [
  [0, 'PK\x03\x04', `a ZIP archive: ${unpack}`],
  [0, 'PK\x05\x06', 'an empty ZIP archive'],
  [0, 'BZh', `packed by bzip2: ${unpack}`],
  [0, '\x28\xb5\x2f\xfd', `packed by zstd: ${unpack}`],
  [0, '\xfd7zXZ\0', `packed by xz: ${unpack}`],
  [0, '7z\xbc\xaf\x27\x1c', `a 7z archive: ${unpack}`],
  [0, 'Rar!\x1a\x07', `a RAR archive: ${unpack}`],
  [257, 'ustar', `a tar archive: ${unpack}`],
  [0, '%PDF-', 'a PDF document'],
  [0, 'PAR1', `Parquet: ${convert}`],
  [0, 'Obj\x01', `Avro: ${convert}`],
  [0, 'SQLite format 3\0', 'an SQLite database'],
  [0, '\xff\xfe\0\0', 'UTF-32: convert it to UTF-8 first'],
  [0, '\0\0\xfe\xff', 'UTF-32: convert it to UTF-8 first'],
];

/**
 * Says by its first bytes how a text is encoded. Throws an `UnreadableError` for what is known not to be JSON: archives, XML, HTML,
 * pointers of Git LFS and some more. What is not known is taken for UTF-8.
 */
export function recognizeBytes(head: Buffer): Encoding {
  const text = head.toString('latin1');
  for (const [at, bytes, message] of formats) {
    if (text.startsWith(bytes, at)) throw new UnreadableError(message);
  }
  if (text.startsWith('\xff\xfe') || /^[{[]\0/.test(text)) return 'utf-16le';
  if (text.startsWith('\xfe\xff') || /^\0[{[]/.test(text)) return 'utf-16be';
  const start = text.replace('\xef\xbb\xbf', '').trimStart().toLowerCase();
  if (start.startsWith('version https://git-lfs.github.com/spec/')) {
    throw new UnreadableError('a pointer of Git LFS, not the data: git lfs pull fetches it');
  }
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) {
    throw new UnreadableError(
      'an HTML page, maybe one to log in or of an error: download it again',
    );
  }
  if (start.startsWith('<')) throw new UnreadableError(`XML: ${convert}`);
  return 'utf-8';
}
