import pg from 'pg';

/*
 * COPY takes no bound parameters, so values are written into its statement: text by pg's own quoting
 * and with its type, numbers after a check.
 */

/** A text literal. @throws RangeError for text with a NUL, which Postgres cannot hold */
export function text(value: string): string {
  if (value.includes('\0')) throw new RangeError('a text with a NUL in it is no literal');
  return pg.escapeLiteral(value);
}

/** A list of text literals, for `in (…)`; of nothing, a list that nothing is in. */
export function texts(values: readonly string[]): string {
  return values.length === 0 ? 'null' : values.map(text).join(', ');
}

/** A uuid literal. */
export function uuid(value: string): string {
  return `${text(value)}::uuid`;
}

/** A timestamptz literal of an instant text. */
export function timestamp(value: string): string {
  return `${text(value)}::timestamptz`;
}

/** A timestamptz literal of an instant given in µs since 1970. */
export function micros(value: number): string {
  const [date = '', ms = ''] = new Date(Math.floor(value / 1000)).toISOString().split(/[.Z]/);
  return timestamp(`${date}.${ms}${String(value % 1000).padStart(3, '0')}Z`);
}

/** An integer. @throws RangeError when it is none */
export function int(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer: ${value}`);
  return `${value}`;
}
