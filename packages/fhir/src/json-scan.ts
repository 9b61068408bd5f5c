/** Where something is in a text: from `start`, up to but not including `end`. */
export interface JsonSpan {
  start: number;
  end: number;
}

/** One member of an object: its name with escapes undone, where it begins (the quote of its name), and its value. */
export interface JsonMember {
  name: string;
  start: number;
  value: JsonSpan;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * Lists the members of the object that begins at or (after white space) behind `at`, duplicates included, without looking into their
 * values; with `names`, those of these names. It finds its way through valid JSON; whether the text is valid is for JSON.parse to say first. It throws a
 * SyntaxError where it cannot go on.
 */
export function scanObject(bytes: Buffer, at = 0, names?: readonly string[]): JsonMember[] {
  const members: JsonMember[] = [];
  let position = skipSpace(bytes, expectByte(bytes, at, openBrace));
  while (bytes[position] !== closeBrace) {
    const start = position;
    const nameEnd = skipString(bytes, start);
    const valueStart = skipSpace(bytes, expectByte(bytes, nameEnd, colon));
    const end = skipValue(bytes, valueStart);
    if (names === undefined || mayBeOneOf(names, bytes, start, nameEnd)) {
      const name = readName(bytes, start, nameEnd);
      if (names?.includes(name) !== false) {
        members.push({ name, start, value: { start: valueStart, end } });
      }
    }
    position = nextItem(bytes, end, closeBrace);
  }
  return members;
}

/** Lists the items of the array that begins at or (after white space) behind `at`; otherwise like `scanObject`. */
export function scanArray(bytes: Buffer, at = 0): JsonSpan[] {
  const items: JsonSpan[] = [];
  let position = skipSpace(bytes, expectByte(bytes, at, openBracket));
  while (bytes[position] !== closeBracket) {
    const end = skipValue(bytes, position);
    items.push({ start: position, end });
    position = nextItem(bytes, end, closeBracket);
  }
  return items;
}

function nextItem(bytes: Buffer, at: number, close: number): number {
  const position = skipSpace(bytes, at);
  return bytes[position] === close ? position : skipSpace(bytes, expectByte(bytes, at, comma));
}

/** Steps over `expected` (and white space before it). */
function expectByte(bytes: Buffer, at: number, expected: number): number {
  const position = skipSpace(bytes, at);
  if (bytes[position] !== expected) {
    throw new SyntaxError(`expected ${String.fromCharCode(expected)} at byte ${position}`);
  }
  return position + 1;
}

function skipSpace(bytes: Buffer, at: number): number {
  let position = at;
  while (isSpace(bytes[position])) {
    position += 1;
  }
  return position;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Whether it is worth making a string of a name: it has the length of one of these, or escapes. */
function mayBeOneOf(names: readonly string[], bytes: Buffer, start: number, end: number): boolean {
  const length = end - start - 2;
  for (const name of names) {
    if (name.length === length) {
      return true;
    }
  }
  for (let at = start; at < end; at += 1) {
    if (bytes[at] === backslash) {
      return true;
    }
  }
  return false;
}

function readName(bytes: Buffer, start: number, end: number): string {
  const name = bytes.toString('utf8', start + 1, end - 1);
  return name.includes('\\') ? String(JSON.parse(`"${name}"`)) : name;
}

function skipString(bytes: Buffer, at: number): number {
  if (bytes[at] === quote) {
    for (let position = at + 1; position < bytes.length; position += 1) {
      const byte = bytes[position];
      if (byte === quote) {
        return position + 1;
      }
      if (byte === backslash) {
        position += 1;
      }
    }
  }
  throw new SyntaxError(`expected a string at byte ${at}`);
}

/** Steps over one value of any kind; nesting is counted, not recursed into, so depth costs nothing. */
function skipValue(bytes: Buffer, at: number): number {
  let depth = 0;
  let position = at;
  while (position < bytes.length) {
    const byte = bytes[position];
    if (byte === quote) {
      position = skipString(bytes, position);
      if (depth === 0) {
        return position;
      }
      continue;
    }
    if (byte === openBrace || byte === openBracket) {
      depth += 1;
    } else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1;
      if (depth === 0) {
        return position + 1;
      }
    }
    if (depth < 0 || (depth === 0 && (byte === comma || isSpace(byte)))) {
      return endOfScalar(at, position);
    }
    position += 1;
  }
  if (depth > 0) {
    throw new SyntaxError('the text ends inside a value');
  }
  return endOfScalar(at, position);
}

function endOfScalar(start: number, end: number): number {
  if (start === end) {
    throw new SyntaxError(`expected a value at byte ${start}`);
  }
  return end;
}
