import { position, resume } from './bits';
import { addLiteral, addMatch, beginBlock, endBlock, tokenCount } from './block';
import {
  hashBits,
  hashTable,
  hashTableBytes,
  input,
  inputLimit,
  output,
  tokenLimit,
} from './memory';
import { fillSymbols } from './symbols';

/**
 * Deflate (RFC 1951) for NDJSON of FHIR resources. The lines of a type resemble each other, so most
 * bytes are in long matches, and what is between them (ids, values) has none to be found. Hence:
 * one candidate for each position, found by a hash of 7 bytes, so that it is a long match or none;
 * no second look for a better one; inside a match only its end is remembered.
 *
 *   input → tokens (literals, matches) → blocks: counts → code lengths → codes → bits
 *
 * The same input gives the same bytes, whatever was compressed before: positions count on from call
 * to call, so that what the hash table holds of earlier inputs is too far away to be taken.
 */

/** Where the caller puts the input, finds the output, and how much input is taken at once. */
export const inputAt: usize = input;
export const outputAt: usize = output;
export const limit: u32 = inputLimit;

const window: u32 = 32768;
/** The end of the input is not searched: a look takes eight bytes. */
const tail: usize = 16;

/** Position of the input's first byte, over all calls. */
let origin: u32 = window + 1;
let isReady: bool = false;

/** Compresses the first `length` bytes of the input. @returns length of the output */
export function compress(length: u32): u32 {
  if (!isReady) {
    fillSymbols();
    isReady = true;
  }
  if (origin > 0xf000_0000) {
    memory.fill(hashTable, 0, hashTableBytes);
    origin = window + 1;
  }
  resume(output);
  beginBlock();
  const end = input + length;
  let from = input;
  let at = input;
  const searched = length > tail ? end - tail : input;
  // Address plus shift is position.
  const shift = origin - <u32>input;
  while (at < searched) {
    at += step(at, end, shift);
    if (tokenCount() > tokenLimit - 8192) {
      endBlock(from, at, false);
      beginBlock();
      from = at;
    }
  }
  for (; at < end; at++) addLiteral(load<u8>(at));
  endBlock(from, end, true);
  origin += inputLimit + window + 1;
  return <u32>(position() - output);
}

/** Makes tokens of what stands at `at`: a match, or one byte. @returns how many bytes they cover */
function step(at: usize, end: usize, shift: u32): usize {
  const bytes = load<u64>(at);
  const slot = slotOf(bytes);
  const current = <u32>at + shift;
  const earlier = load<u32>(slot);
  store<u32>(slot, current);
  if (current - earlier <= window) {
    const candidate = <usize>(earlier - shift);
    const difference = load<u64>(candidate) ^ bytes;
    if (<u32>difference == 0) {
      const length =
        difference == 0 ? extend(at + 8, candidate + 8, end) - at : <usize>(ctz(difference) >> 3);
      addMatch(<u32>length, <u32>(at - candidate));
      // For what follows like it did here.
      const late = at + length - 2;
      store<u32>(slotOf(load<u64>(late)), <u32>late + shift);
      return length;
    }
  }
  addLiteral((<u32>bytes) & 0xff);
  return 1;
}

/** Of the first seven bytes. */
function slotOf(bytes: u64): usize {
  return hashTable + ((<usize>(((bytes << 8) * 0x9e37_79b1_85eb_ca87) >> (64 - hashBits))) << 2);
}

/** How far two places stay alike; eight bytes at a time, and not past `end`. */
function extend(at: usize, candidate: usize, end: usize): usize {
  while (at < end) {
    const difference = load<u64>(at) ^ load<u64>(candidate);
    if (difference != 0) return min(at + <usize>(ctz(difference) >> 3), end);
    at += 8;
    candidate += 8;
  }
  return end;
}
