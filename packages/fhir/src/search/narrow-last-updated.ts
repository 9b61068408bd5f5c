import type { DateValue } from './date.ts';
import { allOf, always, type Narrowing } from './narrowing.ts';

/** The coarsest `meta.lastUpdated` is a second long. */
const second = 1_000_000_000n;

/**
 * What the moment at which the last update begins has to be, for it to compare so. How long it is depends on how many digits it was
 * written with, so where its end decides, up to a second is allowed for.
 */
export function narrowLastUpdated({ prefix, range: { from, to } }: DateValue): Narrowing {
  switch (prefix) {
    case 'eq':
      return allOf([notBefore(from), before(to)]);
    case 'gt':
      return notBefore(to - second);
    case 'ge':
      return notBefore(from < to - second ? from : to - second);
    case 'sa':
      return notBefore(to);
    case 'lt':
    case 'eb':
      return before(from);
    case 'le':
      return before(to);
    case 'ne':
    case 'ap':
      return always;
  }
}

/** Stored times are cut off at microseconds, so the limit is cut off too. */
function notBefore(nanoseconds: bigint): Narrowing {
  return { lastUpdated: { op: 'ge', instant: instantText(microseconds(nanoseconds)) } };
}

/** A stored time that was cut off lies before the limit if what it was cut from does. */
function before(nanoseconds: bigint): Narrowing {
  const whole = microseconds(nanoseconds);
  const isWhole = whole * 1000n === nanoseconds;
  return { lastUpdated: { op: isWhole ? 'lt' : 'le', instant: instantText(whole) } };
}

function microseconds(nanoseconds: bigint): bigint {
  return (nanoseconds - (((nanoseconds % 1000n) + 1000n) % 1000n)) / 1000n;
}

/** Kept within the years that an instant can say; nothing stored lies outside. */
function instantText(moment: bigint): string {
  const [first, last] = [-62_135_596_800_000_000n, 253_402_300_799_999_999n];
  const kept = moment < first ? first : moment > last ? last : moment;
  const micros = ((kept % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const seconds = new Date(Number((kept - micros) / 1000n)).toISOString().slice(0, 19);
  return `${seconds}.${String(micros).padStart(6, '0')}Z`;
}
