const postgresEpochMs = Date.UTC(2000, 0, 1);
const textOid = 25;

/**
 * Rows in COPY's binary format (https://www.postgresql.org/docs/17/sql-copy.html), gathered in one
 * buffer: sent field by field, a row would be a dozen system calls.
 */
export class CopyEncoder {
  #buffer: Buffer;
  #length = 0;

  /** @param size bytes to begin with; it grows */
  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  /** Bytes gathered. */
  get length(): number {
    return this.#length;
  }

  /** Gives what was gathered, and begins anew. */
  take(): Buffer {
    const bytes = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.allocUnsafe(this.#buffer.length);
    this.#length = 0;
    return bytes;
  }

  /** What comes before the first row. */
  begin(): this {
    this.#reserve(19).write('PGCOPY\n\xff\r\n\0', this.#length, 'latin1');
    this.#buffer.fill(0, this.#length + 11, this.#length + 19);
    this.#length += 19;
    return this;
  }

  /** What comes after the last row; `row` with the number of fields is what comes before each. */
  end(): this {
    return this.#int16(-1);
  }

  row(fields: number): this {
    return this.#int16(fields);
  }

  null(): this {
    return this.#int32(-1);
  }

  boolean(value: boolean): this {
    this.#int32(1).#reserve(1)[this.#length] = value ? 1 : 0;
    this.#length += 1;
    return this;
  }

  integer(value: number): this {
    return this.#int32(4).#int32(value);
  }

  text(value: string | undefined): this {
    if (value === undefined) return this.null();
    const written = this.#reserve(4 + 3 * value.length).write(value, this.#length + 4);
    this.#int32(written);
    this.#length += written;
    return this;
  }

  /** Text that is bytes already. */
  bytes(value: Buffer | undefined): this {
    if (value === undefined) return this.null();
    this.#int32(value.length);
    value.copy(this.#reserve(value.length), this.#length);
    this.#length += value.length;
    return this;
  }

  textArray(values: readonly string[]): this {
    const sizeAt = this.#length;
    this.#int32(0)
      .#int32(values.length === 0 ? 0 : 1)
      .#int32(0)
      .#int32(textOid);
    if (values.length > 0) this.#int32(values.length).#int32(1);
    for (const value of values) this.text(value);
    this.#buffer.writeInt32BE(this.#length - sizeAt - 4, sizeAt);
    return this;
  }

  /** timestamptz: µs since 2000, exact for the UTC text `…:ss[.ffffff]Z` that fhir makes. */
  timestamp(instant: string | undefined): this {
    if (instant === undefined) return this.null();
    const wholeMs = Date.parse(`${instant.slice(0, 19)}Z`);
    const fraction = instant.slice(20, -1);
    if (Number.isNaN(wholeMs) || !/^.{19}(\.\d{1,6})?Z$/.test(instant)) {
      throw new RangeError(`not a UTC instant: ${instant}`);
    }
    // Far years are beyond what a number says exactly in µs.
    const micros = BigInt(wholeMs - postgresEpochMs) * 1000n + BigInt(fraction.padEnd(6, '0'));
    this.#int32(8);
    this.#reserve(8).writeBigInt64BE(micros, this.#length);
    this.#length += 8;
    return this;
  }

  #int16(value: number): this {
    this.#reserve(2).writeInt16BE(value, this.#length);
    this.#length += 2;
    return this;
  }

  #int32(value: number): this {
    this.#reserve(4).writeInt32BE(value, this.#length);
    this.#length += 4;
    return this;
  }

  /** The buffer, with room for `more` bytes at its end. */
  #reserve(more: number): Buffer {
    if (this.#length + more > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#length + more));
      this.#buffer.copy(grown, 0, 0, this.#length);
      this.#buffer = grown;
    }
    return this.#buffer;
  }
}
