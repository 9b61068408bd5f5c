import { huffmanSpace } from './memory';

/** Symbols that occur, ascending by count: count << 9 | symbol, u64 each. */
const leaves: usize = huffmanSpace;
/** Of leaves and then of inner nodes: weight, later depth (u32); number of the parent (u16). */
const weights: usize = leaves + 288 * 8;
const parents: usize = weights + 576 * 4;

/**
 * The lengths of a Huffman code for `n` symbols with these counts (u32 each), as u8 each, 0 for what
 * does not occur. None is longer than `longest`: counts are halved until that is so. One symbol alone
 * gets a code of one bit, since a decoder wants to read something.
 */
export function codeLengths(counts: usize, n: u32, lengths: usize, longest: u32): void {
  memory.fill(lengths, 0, n);
  const used = listLeaves(counts, n);
  if (used < 2) {
    store<u8>(lengths + (used == 0 ? 0 : symbolOf(0)), 1);
    return;
  }
  sortLeaves(used);
  while (joinLeaves(used) > longest) halveCounts(used);
  for (let i: u32 = 0; i < used; i++) {
    store<u8>(lengths + symbolOf(i), <u8>load<u32>(weights + (i << 2)));
  }
}

function symbolOf(leaf: u32): u32 {
  return (<u32>load<u64>(leaves + (leaf << 3))) & 511;
}

function listLeaves(counts: usize, n: u32): u32 {
  let used: u32 = 0;
  for (let symbol: u32 = 0; symbol < n; symbol++) {
    const count = load<u32>(counts + (symbol << 2));
    if (count == 0) continue;
    store<u64>(leaves + (used << 3), ((<u64>count) << 9) | symbol);
    used++;
  }
  return used;
}

/** Shell sort: few items, and no work space. */
function sortLeaves(used: u32): void {
  for (let gap: u32 = 121; gap > 0; gap /= 3) {
    for (let i = gap; i < used; i++) {
      const leaf = load<u64>(leaves + (i << 3));
      let to = i;
      while (to >= gap && load<u64>(leaves + ((to - gap) << 3)) > leaf) {
        store<u64>(leaves + (to << 3), load<u64>(leaves + ((to - gap) << 3)));
        to -= gap;
      }
      store<u64>(leaves + (to << 3), leaf);
    }
  }
}

/** Joins the two lightest nodes until one is left; leaves their depths in `weights`. @returns the deepest */
function joinLeaves(used: u32): u32 {
  for (let i: u32 = 0; i < used; i++) {
    store<u32>(weights + (i << 2), <u32>(load<u64>(leaves + (i << 3)) >> 9));
  }
  const nodes: u32 = 2 * used - 1;
  let leaf: u32 = 0;
  let inner: u32 = used;
  for (let next: u32 = used; next < nodes; next++) {
    let weight: u32 = 0;
    for (let child = 0; child < 2; child++) {
      const takesLeaf =
        leaf < used &&
        (inner == next || load<u32>(weights + (leaf << 2)) <= load<u32>(weights + (inner << 2)));
      const lightest = takesLeaf ? leaf++ : inner++;
      weight += load<u32>(weights + (lightest << 2));
      store<u16>(parents + (lightest << 1), <u16>next);
    }
    store<u32>(weights + (next << 2), weight);
  }
  let deepest: u32 = 0;
  store<u32>(weights + ((nodes - 1) << 2), 0);
  for (let node: i32 = nodes - 2; node >= 0; node--) {
    const parent: u32 = load<u16>(parents + ((<u32>node) << 1));
    const depth = load<u32>(weights + (parent << 2)) + 1;
    store<u32>(weights + ((<u32>node) << 2), depth);
    deepest = max(deepest, depth);
  }
  return deepest;
}

function halveCounts(used: u32): void {
  for (let i: u32 = 0; i < used; i++) {
    const leaf = load<u64>(leaves + (i << 3));
    store<u64>(leaves + (i << 3), ((((leaf >> 9) + 1) >> 1) << 9) | (leaf & 511));
  }
}

/** u32 for each length up to 15: how many codes have it, then the next one of it. */
const nextCodes: usize = huffmanSpace;

/** The canonical code of these lengths (RFC 1951, 3.2.2), as tables hold codes. */
export function assignCodes(lengths: usize, n: u32, codes: usize): void {
  memory.fill(nextCodes, 0, 17 * 4);
  for (let symbol: u32 = 0; symbol < n; symbol++) {
    const length: u32 = load<u8>(lengths + symbol);
    const at = nextCodes + ((length + 1) << 2);
    if (length > 0) store<u32>(at, load<u32>(at) + 1);
  }
  let code: u32 = 0;
  for (let length: u32 = 1; length < 16; length++) {
    const at = nextCodes + (length << 2);
    code = (code + load<u32>(at)) << 1;
    store<u32>(at, code);
  }
  for (let symbol: u32 = 0; symbol < n; symbol++) {
    const length: u32 = load<u8>(lengths + symbol);
    if (length == 0) continue;
    const at = nextCodes + (length << 2);
    store<u32>(at, load<u32>(at) + 1);
    store<u32>(codes + (symbol << 2), reversed(load<u32>(at) - 1, length) | (length << 24));
  }
}

/** Deflate writes codes highest bit first, everything else lowest bit first. */
function reversed(code: u32, length: u32): u32 {
  let result: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    result = (result << 1) | ((code >> i) & 1);
  }
  return result;
}
