import { halfSipHash } from './half-sip-hash.ts';

test('the hash is that of the reference implementation', () => {
  // vectors_hsip64 of https://github.com/veorq/SipHash: the key 00 01 … 07, the texts 00 01 02 …
  const hashOf = (length: number): string => {
    const text = String.fromCharCode(...Array.from({ length }, (_, n) => n));
    const hash = Buffer.alloc(8);
    halfSipHash([0x03020100, 0x07060504], text).forEach((half, n) =>
      hash.writeUInt32LE(half, 4 * n),
    );
    return hash.toString('hex');
  };
  expect([0, 1, 2, 3].map(hashOf)).toEqual([
    '218d1f59b9b83cc8',
    'be552412f8387315',
    '064f39ef7c50eb57',
    'ce0f1a45f7060679',
  ]);
});

test('texts chosen to share a place under one key are spread under another', () => {
  const places = 1024;
  const placeOf = (key: [number, number], text: string): number =>
    halfSipHash(key, text)[0] % places;
  const chosen: string[] = [];
  for (let n = 0; chosen.length < 200; n += 1) {
    if (placeOf([1, 2], `Observation/${n}`) === 7) chosen.push(`Observation/${n}`);
  }
  const taken = new Set(chosen.map((text) => placeOf([3, 4], text)));
  expect(taken.size).toBeGreaterThan(150);
});
