/**
 * What a date of some precision covers: from `from` up to but not including `to`, in nanoseconds since 1970 UTC. Open ends
 * of a Period are `beginningOfTime` and `endOfTime`.
 */
export interface DateRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** Before every date that FHIR can write. */
export const beginningOfTime = -(10n ** 20n);
/** After every date that FHIR can write. */
export const endOfTime = 10n ** 21n;

const pattern =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):(\d\d))?)?)?)?$/;

const msPerDay = 86_400_000;
/** The calendar repeats after 400 years; going round it once keeps `Date.UTC` from reading year 20 as 1920. */
const msPerCycle = 146_097 * msPerDay;

/**
 * Reads a FHIR date, dateTime or instant as what it covers: `2020` is a year long, a time without digits of a second is a second
 * long. Seconds may be left out, as search values may. What has no offset is taken as UTC. Digits beyond nanoseconds
 * are cut off. Answers `undefined` for anything else. https://hl7.org/fhir/R4/search.html#date
 */
export function parseDateRange(text: string): DateRange | undefined {
  const match = pattern.exec(text);
  if (match === null) {
    return undefined;
  }
  const year = Number(match[1]);
  const month = Number(match[2] ?? 1);
  const day = Number(match[3] ?? 1);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
    return undefined;
  }
  if (match[2] === undefined) {
    return wholeDays(dayStart(year, 1, 1), dayStart(year + 1, 1, 1));
  }
  if (match[3] === undefined) {
    return wholeDays(dayStart(year, month, 1), dayStart(year, month + 1, 1));
  }
  const midnight = dayStart(year, month, day);
  return match[4] === undefined
    ? wholeDays(midnight, midnight + msPerDay)
    : timeRange(midnight, match);
}

/** Reads what a date, Period or Timing in a resource covers; `undefined` when it says nothing of a time. */
export function elementDateRange(element: unknown, type: string): DateRange | undefined {
  if (typeof element === 'string') {
    return parseDateRange(element);
  }
  if (typeof element !== 'object' || element === null) {
    return undefined;
  }
  return type === 'Timing' ? timingRange(element) : periodRange(element);
}

/** An end that is missing is open; an end that cannot be read makes the whole unreadable. */
function periodRange(period: { start?: unknown; end?: unknown }): DateRange | undefined {
  const { start, end } = period;
  const first = typeof start === 'string' ? parseDateRange(start) : undefined;
  const last = typeof end === 'string' ? parseDateRange(end) : undefined;
  const isUnreadable = (start !== undefined && !first) || (end !== undefined && !last);
  return isUnreadable || (!first && !last)
    ? undefined
    : { from: first?.from ?? beginningOfTime, to: last?.to ?? endOfTime };
}

/** Of a schedule only the outer limits matter: its events and the period that bounds it. */
function timingRange(timing: { event?: unknown; repeat?: unknown }): DateRange | undefined {
  const events: unknown[] = Array.isArray(timing.event) ? timing.event : [];
  const { boundsPeriod } = (timing.repeat ?? {}) as { boundsPeriod?: unknown };
  const ranges = [
    ...events.map((event) => elementDateRange(event, 'dateTime')),
    elementDateRange(boundsPeriod, 'Period'),
  ].filter((range) => range !== undefined);
  return ranges.length === 0
    ? undefined
    : ranges.reduce((a, b) => ({
        from: a.from < b.from ? a.from : b.from,
        to: a.to > b.to ? a.to : b.to,
      }));
}

function timeRange(midnight: number, match: RegExpExecArray): DateRange | undefined {
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6] ?? 0)];
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  // A leap second is the first moment of the next minute.
  if (hour > 23 || minute > 59 || second > 60 || offsetHours > 14 || offsetMinutes > 59) {
    return undefined;
  }
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHours * 60 + offsetMinutes);
  const ms = midnight + ((hour * 60 + minute - offset) * 60 + second) * 1000;
  const digits = (match[7] ?? '').slice(0, 9);
  const from = BigInt(ms) * 1_000_000n + BigInt(digits.padEnd(9, '0'));
  const length = match[6] === undefined ? 60_000_000_000n : nanoseconds[digits.length];
  return { from, to: from + (length ?? 1n) };
}

/** How long a time with so many digits of a second is. */
const nanoseconds = Array.from({ length: 10 }, (_, digits) => 10n ** BigInt(9 - digits));

function wholeDays(from: number, to: number): DateRange {
  return { from: BigInt(from) * 1_000_000n, to: BigInt(to) * 1_000_000n };
}

function dayStart(year: number, month: number, day: number): number {
  return Date.UTC(year + 400, month - 1, day) - msPerCycle;
}

function daysInMonth(year: number, month: number): number {
  return (dayStart(year, month + 1, 1) - dayStart(year, month, 1)) / msPerDay;
}
