/** A line with something on it, its number counted from 1; or the number of a line that was too long to keep. */
export type NdjsonLine =
  { line: number; bytes: Buffer } | { line: number; problem: 'line-too-long' };

/** How long a line may be, in bytes, when the caller says nothing: text beyond about 512 MB does not fit into a string. */
export const defaultMaxLineBytes = 256 * 1024 * 1024;

const newline = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Splits a stream of bytes into lines: LF or CR LF, the last one with or without. Blank lines are counted but not yielded, a byte
 * order mark at the start is dropped. A line beyond `maxLineBytes` is reported and skipped without being kept, so memory is bounded by
 * that limit. Lines may share memory with the chunks: copy what is to outlive them in small pieces. When the source fails, what came
 * after the last newline is not yielded. https://github.com/ndjson/ndjson-spec
 */
export async function* readNdjson(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  options: { maxLineBytes?: number } = {},
): AsyncGenerator<NdjsonLine, void, undefined> {
  const maxLineBytes = options.maxLineBytes ?? defaultMaxLineBytes;
  let line = 1;
  let pieces: Buffer[] = [];
  let length = 0;

  const take = (piece: Buffer): void => {
    length += piece.length;
    // A few bytes of grace: a byte order mark and a carriage return do not count.
    if (length > maxLineBytes + byteOrderMark.length + 1) {
      pieces = [];
    } else {
      pieces.push(piece);
    }
  };
  const finish = (): NdjsonLine | undefined => {
    const whole = pieces.length === 1 ? (pieces[0] ?? emptyBuffer) : Buffer.concat(pieces);
    const bytes = trimLine(whole, line === 1);
    const tooLong = length > whole.length || bytes.length > maxLineBytes;
    const number = line;
    line += 1;
    pieces = [];
    length = 0;
    if (tooLong) {
      return { line: number, problem: 'line-too-long' };
    }
    return isBlank(bytes) ? undefined : { line: number, bytes };
  };

  for await (const chunk of source) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      if (end === -1) {
        break;
      }
      take(chunk.subarray(start, end));
      const result = finish();
      if (result !== undefined) {
        yield result;
      }
      start = end + 1;
    }
    if (start < chunk.length) {
      take(chunk.subarray(start));
    }
  }
  const last = length > 0 ? finish() : undefined;
  if (last !== undefined) {
    yield last;
  }
}

const emptyBuffer = Buffer.alloc(0);

function trimLine(bytes: Buffer, isFirst: boolean): Buffer {
  const hasMark = isFirst && bytes.subarray(0, 3).equals(byteOrderMark);
  const start = hasMark ? 3 : 0;
  return bytes.subarray(start, bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length);
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
