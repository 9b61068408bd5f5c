import { ExportError } from './errors.ts';

const maxDepth = 32;
/** Enough for the longest list of filters. */
const maxEntryBytes = 524_288;
/** What is not in `parameter`: the resource's type, id, meta. */
const maxEnvelopeBytes = 65_536;

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;
const spaces = new Set([0x20, 0x09, 0x0a, 0x0d]);
/** What comes before the list of parameters, white space between tokens left out. */
const listKeys = ['{"parameter":', ',"parameter":'];
const tailLength = 13;

/**
 * Cuts the text of a Parameters resource, as it comes in, into the entries of `parameter` and the rest, in one pass and without
 * keeping more than one entry. Depth and lengths are bounded before anything is parsed; whether the pieces are JSON is for
 * JSON.parse to say.
 *
 * @throws ExportError when a bound is exceeded, or the list is not one of objects
 */
export class ParametersSplitter {
  readonly #onEntry: (entry: Buffer) => void;
  readonly #envelope = new Pieces('body', maxEnvelopeBytes);
  readonly #entry = new Pieces('parameter', maxEntryBytes);
  #mode: 'envelope' | 'list' | 'entry' = 'envelope';
  #expects: 'first' | 'entry' | 'comma' = 'first';
  #hasList = false;
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #tail = '';

  /** @param onEntry takes the text of each entry, an object; it may throw */
  constructor(onEntry: (entry: Buffer) => void) {
    this.#onEntry = onEntry;
  }

  /** Takes the next bytes, which are not kept. */
  write(bytes: Buffer): void {
    let start = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (this.#mode === 'list') {
        const mode = this.#inList(byte);
        if (mode !== 'list') start = at;
        continue;
      }
      if (this.#mode === 'envelope') this.#note(byte);
      if (this.#inString) {
        this.#inText(byte);
        continue;
      }
      if (byte === quote) this.#inString = true;
      else if (byte === openBrace || byte === openBracket) {
        const isList = byte === openBracket && this.#isListKey();
        this.#open();
        if (isList) {
          this.#envelope.add(bytes.subarray(start, at + 1));
          this.#beginList();
        }
      } else if (byte === closeBrace || byte === closeBracket) {
        this.#depth -= 1;
        if (this.#mode === 'entry' && this.#depth === 2) {
          this.#entry.add(bytes.subarray(start, at + 1));
          this.#mode = 'list';
          this.#onEntry(this.#entry.take());
        }
      }
    }
    if (this.#mode === 'entry') this.#entry.add(bytes.subarray(start));
    else if (this.#mode === 'envelope') this.#envelope.add(bytes.subarray(start));
  }

  /** The text of the resource with its list empty. */
  end(): Buffer {
    return this.#envelope.take();
  }

  /** In strings of any kind the quotes are escaped, so that a text cannot look like the key. */
  #note(byte: number): void {
    if (!this.#inString && spaces.has(byte)) return;
    if (byte === openBracket && !this.#inString) return;
    this.#tail = (this.#tail + String.fromCharCode(byte)).slice(-tailLength);
  }

  #inText(byte: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === backslash) this.#isEscaped = true;
    else if (byte === quote) this.#inString = false;
  }

  #open(): void {
    this.#depth += 1;
    if (this.#depth <= maxDepth) return;
    throw costly(`The body is nested deeper than ${maxDepth}.`);
  }

  #isListKey(): boolean {
    const isKey = this.#mode === 'envelope' && this.#depth === 1 && listKeys.includes(this.#tail);
    if (isKey && this.#hasList) throw malformed('The body has parameter twice.');
    return isKey;
  }

  #beginList(): void {
    this.#mode = 'list';
    this.#expects = 'first';
    this.#hasList = true;
    this.#tail = '';
  }

  #inList(byte: number): 'envelope' | 'list' | 'entry' {
    if (spaces.has(byte)) return 'list';
    if (byte === comma && this.#expects === 'comma') {
      this.#expects = 'entry';
    } else if (byte === openBrace && this.#expects !== 'comma') {
      this.#expects = 'comma';
      this.#depth += 1;
      this.#mode = 'entry';
    } else if (byte === closeBracket && this.#expects !== 'entry') {
      this.#depth -= 1;
      this.#mode = 'envelope';
    } else {
      throw malformed('parameter must be a list of objects.');
    }
    return this.#mode;
  }
}

/** Bytes of one text that comes in pieces, up to a limit. */
class Pieces {
  readonly #what: string;
  readonly #most: number;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(what: string, most: number) {
    this.#what = what;
    this.#most = most;
  }

  add(bytes: Buffer): void {
    this.#length += bytes.length;
    if (this.#length > this.#most) {
      const where = this.#what === 'body' ? 'The body, its parameters left out,' : 'A parameter';
      throw new ExportError('body-too-large', `${where} is longer than ${this.#most} bytes.`);
    }
    // A copy: the block it lies in can be much larger.
    this.#pieces.push(Buffer.from(bytes));
  }

  take(): Buffer {
    const [only] = this.#pieces;
    const whole = this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    return whole;
  }
}

function costly(text: string): ExportError {
  return new ExportError('invalid-parameter', text, {
    issues: [{ severity: 'error', code: 'too-costly', text }],
  });
}

function malformed(text: string): ExportError {
  return new ExportError('invalid-parameter', text, {
    issues: [{ severity: 'error', code: 'structure', text }],
  });
}
