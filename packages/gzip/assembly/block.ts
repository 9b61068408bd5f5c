import {
  align,
  flush,
  pendingBits,
  pendingCount,
  position,
  put,
  putBytes,
  putCode,
  resume,
} from './bits';
import { putHeader } from './header';
import { assignCodes, codeLengths } from './huffman';
import {
  countsBytes,
  distanceBits,
  distanceCodes,
  distanceCounts,
  lengthCodes,
  literalBits,
  literalCodes,
  literalCounts,
  tokens,
} from './memory';
import {
  distanceBase,
  distanceExtraBits,
  distanceSymbol,
  lengthBase,
  lengthExtraBits,
  lengthSymbol,
} from './symbols';

const endOfBlock: u32 = 256;
/** More than the header of a dynamic block ever takes, in bits. */
const headerBits: u64 = 2400;

let count: u32 = 0;

/** Tokens gathered for the block. */
export function tokenCount(): u32 {
  return count;
}

/** Begins a block without tokens. */
export function beginBlock(): void {
  count = 0;
  memory.fill(literalCounts, 0, countsBytes);
}

export function addLiteral(byte: u32): void {
  store<u32>(tokens + (count << 2), byte);
  count++;
  increment(literalCounts + (byte << 2));
}

/** A match of any length from 3 on; what is longer than 258 becomes several. */
export function addMatch(length: u32, distance: u32): void {
  while (length > 258) {
    // What is left has to be a match too.
    const some: u32 = length - 258 >= 3 ? 258 : length - 3;
    addShortMatch(some - 3, distance - 1);
    length -= some;
  }
  addShortMatch(length - 3, distance - 1);
}

function addShortMatch(lengthLess3: u32, distanceLess1: u32): void {
  store<u32>(tokens + (count << 2), 0x80000000 | (lengthLess3 << 16) | distanceLess1);
  count++;
  increment(literalCounts + ((257 + lengthSymbol(lengthLess3)) << 2));
  increment(distanceCounts + (distanceSymbol(distanceLess1) << 2));
}

function increment(at: usize): void {
  store<u32>(at, load<u32>(at) + 1);
}

/** Writes the block, whose input is [from, to), in the codes that suit it, or as it is if that is shorter. */
export function endBlock(from: usize, to: usize, isLast: bool): void {
  increment(literalCounts + (endOfBlock << 2));
  codeLengths(literalCounts, 286, literalBits, 15);
  codeLengths(distanceCounts, 30, distanceBits, 15);
  if (codedBits() + headerBits >= <u64>(to - from) * 8) {
    putStored(from, to, isLast);
  } else {
    put(isLast ? 0b101 : 0b100, 3);
    putHeader();
    assignCodes(literalBits, 286, literalCodes);
    assignCodes(distanceBits, 30, distanceCodes);
    fillLengthCodes();
    putTokens();
    putCode(load<u32>(literalCodes + (endOfBlock << 2)));
    flush();
  }
  if (isLast) align();
}

/** Bits that the tokens take. */
function codedBits(): u64 {
  let bits: u64 = 0;
  for (let symbol: u32 = 0; symbol < 286; symbol++) {
    const extra = symbol > endOfBlock ? lengthExtraBits(symbol - 257) : 0;
    bits +=
      <u64>load<u32>(literalCounts + (symbol << 2)) * (load<u8>(literalBits + symbol) + extra);
  }
  for (let symbol: u32 = 0; symbol < 30; symbol++) {
    const length = load<u8>(distanceBits + symbol) + distanceExtraBits(symbol);
    bits += <u64>load<u32>(distanceCounts + (symbol << 2)) * length;
  }
  return bits;
}

function putStored(from: usize, to: usize, isLast: bool): void {
  let at = from;
  do {
    const length = min(<usize>0xffff, to - at);
    put(isLast && at + length == to ? 0b001 : 0b000, 3);
    align();
    put(length | ((~length & 0xffff) << 16), 32);
    flush();
    putBytes(at, length);
    at += length;
  } while (at < to);
}

/** A length is written as often as a match: code and extra bits come from one table. */
function fillLengthCodes(): void {
  for (let less3: u32 = 0; less3 < 256; less3++) {
    const symbol = lengthSymbol(less3);
    const code = load<u32>(literalCodes + ((257 + symbol) << 2));
    const codeBits = code >> 24;
    const bits = (code & 0xffffff) | ((less3 + 3 - lengthBase(symbol)) << codeBits);
    store<u32>(lengthCodes + (less3 << 2), bits | ((codeBits + lengthExtraBits(symbol)) << 24));
  }
}

/** The inner loop of writing: the bit buffer is kept in locals. */
function putTokens(): void {
  let at = position();
  let bits = pendingBits();
  let pending = pendingCount();
  const end = tokens + (count << 2);
  for (let next = tokens; next < end; next += 4) {
    const token = load<u32>(next);
    if (<i32>token >= 0) {
      const code = load<u32>(literalCodes + (token << 2));
      bits |= (<u64>(code & 0xffffff)) << pending;
      pending += code >> 24;
    } else {
      const code = load<u32>(lengthCodes + ((token >> 14) & 0x3fc));
      bits |= (<u64>(code & 0xffffff)) << pending;
      pending += code >> 24;
      store<u64>(at, bits);
      at += pending >> 3;
      bits >>= pending & 0x38;
      pending &= 7;
      const less1 = token & 0x7fff;
      const symbol = distanceSymbol(less1);
      const distance = load<u32>(distanceCodes + (symbol << 2));
      const extra = <u64>(less1 + 1 - distanceBase(symbol));
      bits |= ((<u64>(distance & 0xffffff)) | (extra << (distance >> 24))) << pending;
      pending += (distance >> 24) + distanceExtraBits(symbol);
    }
    store<u64>(at, bits);
    at += pending >> 3;
    bits >>= pending & 0x38;
    pending &= 7;
  }
  resume(at, bits, pending);
}
