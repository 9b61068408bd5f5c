/** How large a JSON text may be, in what it is made of. */
export interface JsonBounds {
  /** Containers that may be open at once: `{}` is 1 deep, `{"a":[]}` is 2. */
  readonly maxDepth: number;
  /** Values that JSON.parse may make, containers and scalars alike; absent: any number. */
  readonly maxValues?: number;
}

/** Which bound a text exceeds, and the offset of the byte that exceeds it. */
export interface JsonExcess {
  readonly bound: 'depth' | 'values';
  readonly at: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * Says how a JSON text in UTF-8 exceeds its bounds; `undefined`: it does not. To be asked before
 * JSON.parse, which needs memory for every value and stack or memory for every level:
 *
 *     const excess = checkJsonBounds(body, { maxDepth: 32, maxValues: 100_000 });
 *     if (excess !== undefined) throw new TooLargeError(`${excess.bound} at byte ${excess.at}`);
 *     const value = JSON.parse(body.toString());
 *
 * One pass over the bytes in constant memory; brackets and commas inside strings do not count. The text need not be valid:
 * JSON.parse makes no more values, and goes no deeper, before it reaches what is invalid. An empty container may be counted
 * as two values.
 */
export function checkJsonBounds(
  bytes: Uint8Array,
  { maxDepth, maxValues = Infinity }: JsonBounds,
): JsonExcess | undefined {
  const length = bytes.length;
  let depth = 0;
  let values = 1;
  for (let at = 0; at < length; at += 1) {
    switch (bytes[at]) {
      case quote:
        at = endOfString(bytes, at);
        break;
      case openBrace:
      case openBracket:
        depth += 1;
        values += 1;
        if (depth > maxDepth) return { bound: 'depth', at };
        if (values > maxValues) return { bound: 'values', at };
        break;
      case closeBrace:
      case closeBracket:
        depth -= 1;
        break;
      case comma:
        values += 1;
        if (values > maxValues) return { bound: 'values', at };
        break;
      default:
    }
  }
  return undefined;
}

/** Where the quote is that closes the string which begins at `start`; the end of the text, or one behind, if none does. */
export function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== quote) {
    at += bytes[at] === backslash ? 2 : 1;
  }
  return at;
}
