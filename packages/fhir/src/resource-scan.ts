import type { JsonMember } from './json-scan.ts';

/** What `scanResource` finds in the text of a resource. */
export interface ScannedResource {
  /**
   * The resource as JSON.parse gives it, less most of it: there are `resourceType`, `id`, `recorded`, `meta.versionId`, `meta.lastUpdated`, every
   * `reference` that is a string, wherever it is, and what leads there. Arrays have only those of their items in which something is.
   */
  resource: Readonly<Record<string, unknown>>;
  /** Where `resourceType`, `id`, `meta` and `recorded` are in the text, in its order. */
  members: JsonMember[];
  /** Whether there is white space outside strings. */
  hasSpace: boolean;
}

/**
 * Reads of a resource's text what a store has to know, in one pass and without making values of the rest: as quick as JSON.parse
 * alone, and it saves the passes of minifyJson and scanObject behind that and most of the garbage. The text has to be UTF-8; that it is JSON is checked here, all of it. `undefined` is no verdict: it comes for
 * whatever is not plain (no JSON, no resourceType or id, a member with something of the above in it there twice, escapes in a name, nesting
 * beyond 100 levels), which is for JSON.parse to look into.
 */
export function scanResource(bytes: Buffer): ScannedResource | undefined {
  return new ResourceScan(bytes).run();
}

/** What is kept of a value: nothing, a string, or an object or array in which something is kept. */
type Kept = string | readonly Kept[] | KeptObject | undefined;

interface KeptObject {
  [name: string]: Kept;
}

/** Where an object is: that decides which of its members are kept. */
type Place = 'top' | 'meta' | 'inside';

const maxDepth = 100;
/** No place in a text: the scan gives up. */
const nowhere = -1;

const quote = 0x22;
const comma = 0x2c;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** 1 for the bytes that stand for themselves in a string: all but controls, the quote and the backslash. */
const isPlain = new Uint8Array(256).map((_, byte) =>
  byte >= 0x20 && byte !== quote && byte !== backslash ? 1 : 0,
);

/** Methods step over something that begins at a place and answer the place behind it, or `nowhere`. */
class ResourceScan {
  readonly #bytes: Buffer;
  readonly #members: JsonMember[] = [];
  #hasSpace = false;
  /** Of the value that was stepped over last. */
  #kept: Kept;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  run(): ScannedResource | undefined {
    const start = this.#space(0);
    if (this.#bytes[start] !== openBrace) return undefined;
    const end = this.#object(start + 1, 1, 'top');
    if (end === nowhere || this.#space(end) !== this.#bytes.length) return undefined;
    const resource = this.#kept as Readonly<Record<string, unknown>> | undefined;
    if (resource?.['resourceType'] === undefined || resource['id'] === undefined) return undefined;
    return { resource, members: this.#members, hasSpace: this.#hasSpace };
  }

  #value(at: number, depth: number, place: Place): number {
    switch (this.#bytes[at]) {
      case quote:
        this.#kept = undefined;
        return endOfString(this.#bytes, at + 1);
      case openBrace:
        return depth < maxDepth ? this.#object(at + 1, depth + 1, place) : nowhere;
      case openBracket:
        return depth < maxDepth ? this.#array(at + 1, depth + 1) : nowhere;
      default:
        this.#kept = undefined;
        return endOfScalar(this.#bytes, at);
    }
  }

  #array(from: number, depth: number): number {
    const bytes = this.#bytes;
    let items: Kept[] | undefined;
    let at = this.#space(from);
    if (bytes[at] === closeBracket) {
      this.#kept = undefined;
      return at + 1;
    }
    for (;;) {
      at = this.#value(at, depth, 'inside');
      if (at === nowhere) return nowhere;
      if (this.#kept !== undefined) (items ??= []).push(this.#kept);
      at = this.#space(at);
      const next = bytes[at];
      at += 1;
      if (next === closeBracket) {
        this.#kept = items;
        return at;
      }
      if (next !== comma) return nowhere;
      at = this.#space(at);
    }
  }

  #object(from: number, depth: number, place: Place): number {
    const bytes = this.#bytes;
    let object: KeptObject | undefined = place === 'inside' ? undefined : {};
    let names: string[] | undefined;
    let at = this.#space(from);
    if (bytes[at] === closeBrace) {
      this.#kept = object;
      return at + 1;
    }
    for (;;) {
      const start = at;
      const nameEnd = endOfName(bytes, start);
      if (nameEnd === nowhere) return nowhere;
      // Of two members of one name the last counts: the scan is for texts without such things.
      if (names !== undefined && isOneOf(names, bytes, start + 1, nameEnd - 1)) return nowhere;
      at = this.#space(nameEnd);
      if (bytes[at] !== colon) return nowhere;
      const valueStart = this.#space(at + 1);
      const known = knownName(bytes, start + 1, nameEnd - 1, place);
      if (bytes[valueStart] === quote) {
        at = endOfString(bytes, valueStart + 1);
        if (at === nowhere || known === 'meta') return nowhere;
        this.#kept = known === undefined ? undefined : readString(bytes, valueStart, at);
      } else {
        if (known !== undefined && !mayBeNoString(known, bytes[valueStart])) return nowhere;
        at = this.#value(valueStart, depth, known === 'meta' ? 'meta' : 'inside');
        if (at === nowhere) return nowhere;
      }
      if (this.#kept !== undefined) {
        const name = known ?? readName(bytes, start + 1, nameEnd - 1);
        if (name === undefined) return nowhere;
        (object ??= {})[name] = this.#kept;
        (names ??= []).push(name);
        if (place === 'top' && known !== undefined && known !== 'reference') {
          this.#members.push({ name, start, value: { start: valueStart, end: at } });
        }
      }
      at = this.#space(at);
      const next = bytes[at];
      at += 1;
      if (next === closeBrace) {
        this.#kept = object;
        return at;
      }
      if (next !== comma) return nowhere;
      at = this.#space(at);
    }
  }

  #space(at: number): number {
    const bytes = this.#bytes;
    let byte = bytes[at] ?? nowhere;
    if (byte > 0x20) return at;
    let end = at;
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      this.#hasSpace = true;
      end += 1;
      byte = bytes[end] ?? nowhere;
    }
    return end;
  }
}

/** The name of a member of which a string, or of `meta` the object, is kept. */
type KnownName = (typeof topNames)[number] | (typeof metaNames)[number] | 'reference';

const topNames = ['resourceType', 'id', 'meta', 'recorded'] as const;
const metaNames = ['versionId', 'lastUpdated'] as const;

function knownName(bytes: Buffer, start: number, end: number, place: Place): KnownName | undefined {
  const length = end - start;
  if (length === 9 && is('reference', bytes, start)) return 'reference';
  if (place === 'inside') return undefined;
  for (const name of place === 'top' ? topNames : metaNames) {
    if (name.length === length && is(name, bytes, start)) return name;
  }
  return undefined;
}

/** `reference` is the name of some backbone elements too; of the others, what is no string is a fault for others to report. */
function mayBeNoString(name: KnownName, first: number | undefined): boolean {
  return name === 'reference' || (name === 'meta' && first === openBrace);
}

function isOneOf(names: readonly string[], bytes: Buffer, start: number, end: number): boolean {
  for (const name of names) {
    if (name.length === end - start && is(name, bytes, start)) return true;
  }
  return false;
}

function is(name: string, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (bytes[start + index] !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** The name of a member in which something is kept, unless it is none that FHIR has. */
function readName(bytes: Buffer, start: number, end: number): string | undefined {
  const name = bytes.toString('utf8', start, end);
  const isAscii = name.length === end - start;
  return isAscii && name !== '__proto__' ? name : undefined;
}

function readString(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text;
}

/** Names with escapes end the scan, so that names can be compared as they stand. */
function endOfName(bytes: Buffer, start: number): number {
  if (bytes[start] !== quote) return nowhere;
  let at = start + 1;
  while (isPlain[bytes[at] ?? 0] === 1) at += 1;
  return bytes[at] === quote ? at + 1 : nowhere;
}

/** @param from behind the opening quote */
function endOfString(bytes: Buffer, from: number): number {
  for (let at = from; ; at = endOfEscape(bytes, at)) {
    while (isPlain[bytes[at] ?? 0] === 1) at += 1;
    if (bytes[at] === quote) return at + 1;
    if (bytes[at] !== backslash) return nowhere;
  }
}

/** `nowhere` if it is no escape: no string goes on there. */
function endOfEscape(bytes: Buffer, start: number): number {
  const escaped = bytes[start + 1] ?? 0;
  if (escaped !== 0x75) return simpleEscapes.includes(escaped) ? start + 2 : nowhere;
  for (let at = start + 2; at < start + 6; at += 1) {
    if (!isHexDigit(bytes[at] ?? 0)) return nowhere;
  }
  return start + 6;
}

const simpleEscapes = Buffer.from('"\\/bfnrt');

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= nine;
}

const literals = ['true', 'false', 'null'];

function endOfScalar(bytes: Buffer, start: number): number {
  const first = bytes[start] ?? 0;
  if (first === minus || isDigit(first)) return endOfNumber(bytes, start);
  for (const literal of literals) {
    if (is(literal, bytes, start)) return start + literal.length;
  }
  return nowhere;
}

function endOfNumber(bytes: Buffer, start: number): number {
  const whole = bytes[start] === minus ? start + 1 : start;
  let at = bytes[whole] === zero ? whole + 1 : endOfDigits(bytes, whole);
  if (at !== nowhere && bytes[at] === point) at = endOfDigits(bytes, at + 1);
  if (at !== nowhere && ((bytes[at] ?? 0) | 0x20) === 0x65) {
    const sign = bytes[at + 1];
    at = endOfDigits(bytes, sign === minus || sign === 0x2b ? at + 2 : at + 1);
  }
  return at;
}

/** At least one. */
function endOfDigits(bytes: Buffer, start: number): number {
  let at = start;
  while (isDigit(bytes[at] ?? 0)) at += 1;
  return at === start ? nowhere : at;
}
