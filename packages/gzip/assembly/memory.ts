/**
 * The memory of one compressor, all of it laid out here; nothing is allocated.
 *
 *    64 KB  hash table: 65,536 positions
 *   320 KB  small tables
 *   384 KB  tokens of the deflate block that is being made, 65,536
 *   640 KB  input, up to 1 MB, and room to read past its end
 *  1728 KB  output, which is never longer than stored blocks would be
 *  3264 KB  end
 */

/** Longest input of one call. */
export const inputLimit: u32 = 1 << 20;

export const hashTable: usize = 64 << 10;
export const hashBits: u32 = 16;
export const hashTableBytes: usize = 4 << hashBits;

/** How often each symbol occurs, u32 each: 288 literals and lengths, then 32 distances. */
export const literalCounts: usize = 320 << 10;
export const distanceCounts: usize = literalCounts + 288 * 4;
export const countsBytes: usize = 320 * 4;
/** Bits of each symbol's code, u8 each, in the same order. */
export const literalBits: usize = literalCounts + 0x800;
export const distanceBits: usize = literalBits + 288;
/** Each symbol's code, u32: the bits as they are written, and how many in the highest byte. */
export const literalCodes: usize = literalBits + 0x200;
export const distanceCodes: usize = literalCodes + 288 * 4;
/** The same for each match length less 3, its extra bits included. */
export const lengthCodes: usize = literalCodes + 0x800;
/** Symbol of each match length less 3, u8; and of each distance: see distanceSymbol. */
export const lengthSymbols: usize = lengthCodes + 0x400;
export const distanceSymbols: usize = lengthSymbols + 0x100;
/** Work space of huffman.ts and of header.ts. */
export const huffmanSpace: usize = literalCounts + 0x2000;
export const headerSpace: usize = huffmanSpace + 0x2000;

/** Tokens, u32: a literal is its byte; a match has the highest bit, its length less 3 and its distance less 1. */
export const tokens: usize = 384 << 10;
export const tokenLimit: u32 = 1 << 16;

export const input: usize = 640 << 10;
export const output: usize = 1728 << 10;
