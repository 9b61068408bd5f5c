/** Bits are gathered, lowest first, and written eight bytes at a time. */
let at: usize = 0;
let bits: u64 = 0;
let count: u32 = 0;

/** Where the next whole byte goes. */
export function position(): usize {
  return at;
}

/** The bits that are not written yet, and how many: fewer than 8 after a flush. */
export function pendingBits(): u64 {
  return bits;
}

export function pendingCount(): u32 {
  return count;
}

/** Goes on at `from`, for whoever has written there by itself, or to begin. */
export function resume(from: usize, pending: u64 = 0, pendingLength: u32 = 0): void {
  at = from;
  bits = pending;
  count = pendingLength;
}

/** At most 56 bits may be put between two flushes. */
export function put(value: u64, length: u32): void {
  bits |= value << count;
  count += length;
}

/** A code as tables hold it: bits, and how many in the highest byte. */
export function putCode(code: u32): void {
  put(code & 0xffffff, code >> 24);
}

/** Writes what is whole; up to 7 bits stay. */
export function flush(): void {
  store<u64>(at, bits);
  at += count >> 3;
  bits >>= count & 0x38;
  count &= 7;
}

/** Fills the last byte with zeros. */
export function align(): void {
  flush();
  if (count > 0) at += 1;
  bits = 0;
  count = 0;
}

/** Bytes that do not share one with bits: `align` comes first. */
export function putBytes(from: usize, length: usize): void {
  memory.copy(at, from, length);
  at += length;
}
