import { randomBytes } from 'node:crypto';
import { halfSipHash, type HashKey } from './half-sip-hash.ts';

/**
 * Remembers which resources a file has had, and on which line, in 16 bytes each: open addressing over 64-bit hashes of type and id. The
 * chance that two of a hundred million different ids are taken for one is about 1 in 3,700. The hash has a key that nobody knows, so that
 * whoever writes a file cannot choose ids which share a place.
 */
export class SeenIds {
  readonly #key: HashKey;
  #capacity = 1024;
  #count = 0;
  /** Four numbers per place: two halves of the hash, the checksum of the text, the line (0: the place is free). */
  #table = new Uint32Array(this.#capacity * 4);

  constructor(key: HashKey = randomKey()) {
    this.#key = key;
  }

  /**
   * Notes a resource. Answers `undefined` if it is the first with its type and id, otherwise whether its text is the same as
   * that of the one before, going by their 32-bit checksums, and the line of the first.
   */
  add(
    type: string,
    id: string,
    checksum: number,
    line: number,
  ): { line: number; same: boolean } | undefined {
    const [high, low] = halfSipHash(this.#key, `${type}/${id}`);
    const at = this.#find(this.#table, this.#capacity, high, low);
    const firstLine = this.#table[at + 3] ?? 0;
    if (firstLine !== 0) {
      const same = this.#table[at + 2] === checksum;
      this.#table[at + 2] = checksum;
      return { line: firstLine, same };
    }
    this.#table.set([high, low, checksum, line], at);
    this.#count += 1;
    if (this.#count > this.#capacity * 0.7) {
      this.#grow();
    }
    return undefined;
  }

  /** The place of a hash, or the free one where it belongs. */
  #find(table: Uint32Array, capacity: number, high: number, low: number): number {
    for (let place = high % capacity; ; place = (place + 1) % capacity) {
      const at = place * 4;
      if (table[at + 3] === 0 || (table[at] === high && table[at + 1] === low)) {
        return at;
      }
    }
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    const table = new Uint32Array(capacity * 4);
    for (let from = 0; from < this.#table.length; from += 4) {
      if (this.#table[from + 3] !== 0) {
        const at = this.#find(table, capacity, this.#table[from] ?? 0, this.#table[from + 1] ?? 0);
        table.set(this.#table.subarray(from, from + 4), at);
      }
    }
    this.#capacity = capacity;
    this.#table = table;
  }
}

function randomKey(): HashKey {
  const bytes = randomBytes(8);
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
}
