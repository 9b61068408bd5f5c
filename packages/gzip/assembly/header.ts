import { flush, put, putCode } from './bits';
import { assignCodes, codeLengths } from './huffman';
import { distanceBits, headerSpace, literalBits } from './memory';

/** Code lengths, run by run: a symbol in the lower byte, its extra bits in the upper (u16 each). */
const runs: usize = headerSpace;
const runCounts: usize = runs + 320 * 2;
const runBits: usize = runCounts + 19 * 4;
const runCodes: usize = runBits + 20;

/** The order in which the lengths of the runs' own code are written (RFC 1951, 3.2.7). */
const order = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

/** Writes the two codes of a dynamic block: their lengths as runs, these in a code of their own. */
export function putHeader(): void {
  const literals = usedOf(literalBits, 286, 257);
  const distances = usedOf(distanceBits, 30, 1);
  const count = listRuns(literals, literals + distances);
  codeLengths(runCounts, 19, runBits, 7);
  assignCodes(runBits, 19, runCodes);
  let written: u32 = 19;
  while (written > 4 && load<u8>(runBits + load<u8>(order + written - 1)) == 0) written--;

  put(literals - 257, 5);
  put(distances - 1, 5);
  put(written - 4, 4);
  flush();
  for (let i: u32 = 0; i < written; i++) {
    put(load<u8>(runBits + load<u8>(order + i)), 3);
    flush();
  }
  for (let i: u32 = 0; i < count; i++) {
    const run: u32 = load<u16>(runs + (i << 1));
    const symbol = run & 0xff;
    putCode(load<u32>(runCodes + (symbol << 2)));
    if (symbol >= 16) put(run >> 8, symbol == 16 ? 2 : symbol == 17 ? 3 : 7);
    flush();
  }
}

function usedOf(lengths: usize, n: u32, least: u32): u32 {
  let used = n;
  while (used > least && load<u8>(lengths + used - 1) == 0) used--;
  return used;
}

/** Runs of equal lengths, over literals and distances as one list. @returns how many runs */
function listRuns(literals: u32, total: u32): u32 {
  memory.fill(runCounts, 0, 19 * 4);
  let count: u32 = 0;
  for (let i: u32 = 0; i < total;) {
    const length = lengthAt(i, literals);
    let left: u32 = 1;
    while (i + left < total && lengthAt(i + left, literals) == length) left++;
    i += left;
    if (length > 0) {
      addRun(count++, length, 0);
      left--;
    }
    while (left >= 3) {
      const most: u32 = length > 0 ? 6 : 138;
      const some = min(left, most);
      const symbol: u32 = length > 0 ? 16 : some < 11 ? 17 : 18;
      addRun(count++, symbol, symbol == 18 ? some - 11 : some - 3);
      left -= some;
    }
    while (left > 0) {
      addRun(count++, length, 0);
      left--;
    }
  }
  return count;
}

function lengthAt(i: u32, literals: u32): u32 {
  return i < literals ? load<u8>(literalBits + i) : load<u8>(distanceBits + i - literals);
}

function addRun(at: u32, symbol: u32, extra: u32): void {
  store<u16>(runs + (at << 1), <u16>(symbol | (extra << 8)));
  const count = runCounts + (symbol << 2);
  store<u32>(count, load<u32>(count) + 1);
}
