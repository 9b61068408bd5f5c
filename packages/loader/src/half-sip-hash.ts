/** Two 32-bit words. */
export type HashKey = readonly [number, number];

/**
 * HalfSipHash-2-4 with 64 bits of output: a short keyed hash whose collisions cannot be found by whoever does not know the key. Of each
 * character the low byte counts, so the text has to be ASCII. https://github.com/veorq/SipHash
 *
 * @returns the two halves of the hash, unsigned
 */
export function halfSipHash([key0, key1]: HashKey, text: string): [number, number] {
  let v0 = key0 | 0;
  let v1 = key1 ^ 0xee;
  let v2 = 0x6c796765 ^ key0;
  let v3 = 0x74656462 ^ key1;
  // A function of its own would hand its four results back in an object; so the rounds of a word are a loop here.
  const absorb = (word: number, rounds: number): void => {
    v3 ^= word;
    for (let round = 0; round < rounds; round += 1) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
  };
  const { length } = text;
  let at = 0;
  for (; at + 4 <= length; at += 4) absorb(wordAt(text, at, 4), 2);
  absorb(wordAt(text, at, length - at) | (length << 24), 2);
  v2 ^= 0xee;
  absorb(0, 4);
  const first = v1 ^ v3;
  v1 ^= 0xdd;
  absorb(0, 4);
  return [first >>> 0, (v1 ^ v3) >>> 0];
}

/** Up to four characters as bytes, the first one lowest. */
function wordAt(text: string, at: number, count: number): number {
  let word = 0;
  for (let index = 0; index < count; index += 1) {
    word |= (text.charCodeAt(at + index) & 0xff) << (8 * index);
  }
  return word;
}
