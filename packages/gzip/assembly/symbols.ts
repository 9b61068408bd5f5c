import { distanceSymbols, lengthSymbols } from './memory';

/** Match lengths and distances as symbols and extra bits (RFC 1951, 3.2.5). */

/** Shortest length of a length symbol (less 257). */
export function lengthBase(symbol: u32): u32 {
  if (symbol < 8) return 3 + symbol;
  return symbol == 28 ? 258 : 3 + ((4 + (symbol & 3)) << ((symbol >> 2) - 1));
}

export function lengthExtraBits(symbol: u32): u32 {
  return symbol < 8 || symbol == 28 ? 0 : (symbol >> 2) - 1;
}

/** Shortest distance of a distance symbol. */
export function distanceBase(symbol: u32): u32 {
  return symbol < 4 ? 1 + symbol : 1 + ((2 + (symbol & 1)) << ((symbol >> 1) - 1));
}

export function distanceExtraBits(symbol: u32): u32 {
  return symbol < 4 ? 0 : (symbol >> 1) - 1;
}

/** Symbol (less 257) of a length less 3. */
export function lengthSymbol(lengthLess3: u32): u32 {
  return load<u8>(lengthSymbols + lengthLess3);
}

/** Symbol of a distance less 1: near ones by themselves, far ones by their upper bits. */
export function distanceSymbol(distanceLess1: u32): u32 {
  return distanceLess1 < 256
    ? load<u8>(distanceSymbols + distanceLess1)
    : load<u8>(distanceSymbols + 256 + (distanceLess1 >> 7));
}

/** Fills the tables behind lengthSymbol and distanceSymbol. */
export function fillSymbols(): void {
  for (let symbol: u32 = 0; symbol < 28; symbol++) {
    const base = lengthBase(symbol);
    const end = base + (1 << lengthExtraBits(symbol));
    for (let length = base; length < end; length++) {
      store<u8>(lengthSymbols + length - 3, <u8>symbol);
    }
  }
  // 258 has a symbol of its own, though the one before it could say it too.
  store<u8>(lengthSymbols + 255, 28);
  for (let symbol: u32 = 0; symbol < 30; symbol++) {
    const base = distanceBase(symbol);
    const end = base + (1 << distanceExtraBits(symbol));
    for (let distance = base; distance < end; distance++) {
      const less1 = distance - 1;
      const at = less1 < 256 ? less1 : 256 + (less1 >> 7);
      store<u8>(distanceSymbols + at, <u8>symbol);
    }
  }
}
