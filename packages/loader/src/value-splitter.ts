/** A JSON value with the line it begins on. */
export interface ValueText {
  readonly line: number;
  /** `undefined` if it is longer than a value may be. */
  readonly bytes: Buffer | undefined;
}

/** What a text is, so far: JSON values behind one another that are all complete, values of which the last is cut off, or no JSON. */
export type SequenceState = 'complete' | 'cut-off' | 'invalid';

/** What may come next. */
type Expected = 'value' | 'first-item' | 'first-name' | 'name' | 'colon' | 'separator' | 'text';

const newline = 0x0a;
const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
/** Deeper than any resource may be nested. */
const maxDepth = 4096;

/**
 * Splits a text, given in chunks, into its JSON values, one or several behind one another on any number of lines; of an array at the top, into its
 * items. It follows the grammar around the values closely enough to tell a text that is cut off from one that is not JSON; whether
 * numbers and words are right is left to whoever reads a value. Held is one value, up to its limit.
 */
export class ValueSplitter {
  readonly #maxValueBytes: number;
  #line: number;
  #expected: Expected = 'text';
  #isInvalid = false;
  #inString = false;
  #isName = false;
  #isEscaped = false;
  #inWord = false;
  #isAtStart = true;
  /** Of the objects and arrays that are open, whether each is an object. */
  #open: boolean[] = [];
  #pieces: Buffer[] = [];
  #length = 0;
  #valueLine = 0;

  constructor(limits: { readonly firstLine: number; readonly maxValueBytes: number }) {
    this.#line = limits.firstLine;
    this.#maxValueBytes = limits.maxValueBytes;
  }

  /** Of what was pushed so far. After `invalid` there is no sense in pushing more. */
  get state(): SequenceState {
    if (this.#isInvalid) return 'invalid';
    return this.#open.length === 0 && !this.#inString ? 'complete' : 'cut-off';
  }

  /** Takes the next chunk of the text; gives the values that end in it. */
  *push(chunk: Buffer): Generator<ValueText, void, undefined> {
    let from = this.#valueLine === 0 ? -1 : 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (this.#inString) {
        this.#followString(byte);
        if (this.#isInvalid) return;
        if (this.#inString || !this.#isWhole()) continue;
        yield this.#take(chunk.subarray(Math.max(from, 0), at + 1));
        from = -1;
        continue;
      }
      if (this.#inWord) {
        if (isOfWord(byte)) continue;
        this.#inWord = false;
        this.#endValue();
        if (this.#isWhole()) {
          yield this.#take(chunk.subarray(Math.max(from, 0), at));
          from = -1;
        }
      }
      if (byte === newline) this.#line += 1;
      if (isSpace(byte) || (this.#isAtStart && isOfMark(byte))) continue;
      this.#isAtStart = false;
      const before = this.#open.length;
      const begins = this.#valueLine === 0 && this.#begins(byte);
      this.#follow(byte);
      if (this.#isInvalid) return;
      if (begins) {
        this.#valueLine = this.#line;
        from = at;
      }
      if (this.#open.length < before && this.#isWhole()) {
        yield this.#take(chunk.subarray(Math.max(from, 0), at + 1));
        from = -1;
      }
    }
    if (this.#valueLine !== 0) this.#keep(chunk.subarray(Math.max(from, 0)));
  }

  /** Whether a value that is given out begins here: at the top, or in an array at the top. */
  #begins(byte: number): boolean {
    if (this.#open.length === 0) return byte !== openBracket;
    return this.#open.length === 1 && byte !== comma && byte !== closeBracket;
  }

  /** Whether the value that is being read has just ended. */
  #isWhole(): boolean {
    if (this.#valueLine === 0) return false;
    return this.#open.length === 0 || (this.#open.length === 1 && this.#open[0] === false);
  }

  #followString(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === backslash) this.#isEscaped = true;
    else if (byte < 0x20) this.#isInvalid = true;
    else if (byte === quote) {
      this.#inString = false;
      if (this.#isName) this.#expected = 'colon';
      else this.#endValue();
    }
  }

  #follow(byte: number): void {
    const expected = this.#expected;
    const inObject = this.#open.at(-1);
    const wantsName = expected === 'name' || expected === 'first-name';
    const wantsValue = expected === 'value' || expected === 'first-item' || expected === 'text';
    if (byte === quote) {
      this.#isName = wantsName;
      this.#inString = true;
      this.#isInvalid = !wantsName && !wantsValue;
    } else if (byte === colon) {
      this.#isInvalid = expected !== 'colon';
      this.#expected = 'value';
    } else if (byte === comma) {
      this.#isInvalid = expected !== 'separator';
      this.#expected = inObject === true ? 'name' : 'value';
    } else if (byte === openBrace || byte === openBracket) {
      this.#isInvalid = !wantsValue || this.#open.length >= maxDepth;
      this.#open.push(byte === openBrace);
      this.#expected = byte === openBrace ? 'first-name' : 'first-item';
    } else if (byte === closeBrace || byte === closeBracket) {
      const first = byte === closeBrace ? 'first-name' : 'first-item';
      const fits = inObject === (byte === closeBrace);
      this.#isInvalid = !fits || (expected !== 'separator' && expected !== first);
      this.#open.pop();
      this.#endValue();
    } else {
      this.#isInvalid = !wantsValue || this.#open.length === 0 || !isOfWord(byte);
      this.#inWord = true;
    }
  }

  #endValue(): void {
    this.#expected = this.#open.length === 0 ? 'text' : 'separator';
  }

  #keep(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > this.#maxValueBytes) this.#pieces = [];
    else this.#pieces.push(piece);
  }

  #take(last: Buffer): ValueText {
    this.#keep(last);
    const [first, ...others] = this.#pieces;
    const whole = first !== undefined && others.length === 0 ? first : Buffer.concat(this.#pieces);
    const taken = {
      line: this.#valueLine,
      bytes: this.#length > this.#maxValueBytes ? undefined : whole,
    };
    this.#pieces = [];
    this.#length = 0;
    this.#valueLine = 0;
    return taken;
  }
}

/** Numbers, `true`, `false` and `null` are made of these. */
function isOfWord(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    [0x2b, 0x2d, 0x2e, 0x45].includes(byte)
  );
}

/** A byte order mark is EF BB BF. */
function isOfMark(byte: number): boolean {
  return byte === 0xef || byte === 0xbb || byte === 0xbf;
}

/** Other control characters are no JSON, and a file of nothing else is not an empty one. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
