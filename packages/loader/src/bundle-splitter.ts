/** The text of one item of a Bundle's `entry`, with the line it begins on and its place, counted from 1. */
export interface EntryText {
  readonly line: number;
  readonly number: number;
  /** `undefined` if it is longer than an entry may be. */
  readonly bytes: Buffer | undefined;
}

/**
 * What a text is, as far as its brackets tell: one object, an object with something behind it, an object that does not end, or something
 * that does not begin as an object.
 */
export type TextShape = 'object' | 'more' | 'open' | 'other';

const newline = 0x0a;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const byteOrderMark = [0xef, 0xbb, 0xbf];
const entryName = Buffer.from('entry');

/**
 * Splits the text of a Bundle, given in chunks, into the items of its `entry` and the frame around them: `{"resourceType":"Bundle","entry":[]}`.
 * It only follows strings and brackets, so everything in the text is either in an item or in the frame, and whether those are JSON
 * is for others to say. Held are the frame and one item, each up to its limit.
 */
export class BundleSplitter {
  readonly #maxEntryBytes: number;
  readonly #maxFrameBytes: number;
  #line: number;
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #isAtStart = true;
  /** Whether the next string is the name of a member of the Bundle. */
  #expectsName = false;
  /** How much of `entry` the name being read has matched; -1: it is another one. */
  #matched = -1;
  #isEntry = false;
  #inList = false;
  #number = 0;
  #itemLine = 0;
  #item = new PieceList();
  #frame = new PieceList();
  #shape: TextShape = 'open';

  constructor(limits: {
    readonly firstLine: number;
    readonly maxEntryBytes: number;
    readonly maxFrameBytes: number;
  }) {
    this.#line = limits.firstLine;
    this.#maxEntryBytes = limits.maxEntryBytes;
    this.#maxFrameBytes = limits.maxFrameBytes;
  }

  /** Of what was pushed so far. After `more` and `other` there is no sense in pushing more. */
  get shape(): TextShape {
    return this.#shape;
  }

  /** The text without the items; `undefined` if it is longer than it may be. */
  get frame(): Buffer | undefined {
    return this.#frame.join(this.#maxFrameBytes);
  }

  /** Takes the next chunk of the text; gives the items that end in it. */
  *push(chunk: Buffer): Generator<EntryText, void, undefined> {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      if (this.#inString) {
        at = this.#endOfString(chunk, at);
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (byte === newline) this.#line += 1;
      if (byte <= 0x20 && isSpace(byte)) continue;
      if (this.#depth === 0) {
        if (this.#isAtStart && byteOrderMark.includes(byte)) {
          from = at + 1;
          continue;
        }
        if (!this.#isAtStart) this.#shape = 'more';
        else if (byte !== openBrace) this.#shape = 'other';
        if (this.#shape !== 'open') return;
        this.#isAtStart = false;
      }
      switch (byte) {
        case quote:
          this.#inString = true;
          this.#matched = this.#expectsName ? 0 : -1;
          break;
        case colon:
          if (this.#depth === 1) this.#expectsName = false;
          break;
        case openBrace:
        case openBracket:
          if (this.#depth === 2 && this.#itemLine === 0) this.#itemLine = this.#line;
          this.#depth += 1;
          if (this.#depth === 1) this.#expectsName = true;
          if (this.#depth === 2 && this.#isEntry && byte === openBracket) {
            this.#frame.add(chunk.subarray(from, at + 1), this.#maxFrameBytes);
            from = at + 1;
            this.#inList = true;
            this.#number = 0;
          }
          break;
        case closeBrace:
        case closeBracket:
          this.#depth -= 1;
          if (this.#inList && this.#depth === 1) {
            this.#item.add(chunk.subarray(from, at), this.#maxEntryBytes);
            from = at;
            if (this.#number > 0 || !this.#item.isBlank()) yield this.#takeItem();
            this.#item = new PieceList();
            this.#inList = false;
          }
          if (this.#depth <= 0) this.#shape = 'object';
          break;
        case comma:
          if (this.#depth === 1) {
            this.#expectsName = true;
            this.#isEntry = false;
          } else if (this.#inList && this.#depth === 2) {
            this.#item.add(chunk.subarray(from, at), this.#maxEntryBytes);
            from = at + 1;
            yield this.#takeItem();
          }
          break;
        default:
      }
    }
    const rest = chunk.subarray(from);
    if (this.#inList) this.#item.add(rest, this.#maxEntryBytes);
    else this.#frame.add(rest, this.#maxFrameBytes);
  }

  /** Follows a string; answers the place of its closing quote, or the end of the chunk. */
  #endOfString(chunk: Buffer, from: number): number {
    let at = from;
    if (this.#isEscaped) {
      this.#isEscaped = false;
      at += 1;
    }
    while (at < chunk.length && this.#matched >= 0 && chunk[at] === entryName[this.#matched]) {
      this.#matched += 1;
      at += 1;
    }
    while (at < chunk.length) {
      const byte = chunk[at];
      if (byte === quote) {
        this.#inString = false;
        if (this.#expectsName) this.#isEntry = this.#matched === entryName.length;
        return at;
      }
      this.#matched = -1;
      at += byte === backslash ? 2 : 1;
    }
    this.#isEscaped = at > chunk.length;
    return at;
  }

  #takeItem(): EntryText {
    this.#number += 1;
    const line = this.#itemLine === 0 ? this.#line : this.#itemLine;
    const bytes = this.#item.join(this.#maxEntryBytes);
    this.#item = new PieceList();
    this.#itemLine = 0;
    return { line, number: this.#number, bytes: bytes && withoutIndent(bytes) };
  }
}

function withoutIndent(bytes: Buffer): Buffer {
  let start = 0;
  while (isSpace(bytes[start])) start += 1;
  return bytes.subarray(start);
}

/** Pieces of a text, kept as long as they are not more than a limit together. */
class PieceList {
  #pieces: Buffer[] = [];
  #length = 0;

  add(piece: Buffer, limit: number): void {
    if (piece.length === 0) return;
    this.#length += piece.length;
    if (this.#length > limit) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  join(limit: number): Buffer | undefined {
    if (this.#length > limit) return undefined;
    const [first, ...others] = this.#pieces;
    return first !== undefined && others.length === 0 ? first : Buffer.concat(this.#pieces);
  }

  isBlank(): boolean {
    // Blanks beyond any limit are an entry as well, one that is too long.
    const isKept = this.#pieces.length > 0 || this.#length === 0;
    return isKept && this.#pieces.every((piece) => piece.every(isSpace));
  }
}

/** Other control characters are no JSON, and a text of nothing else is not an empty one. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
