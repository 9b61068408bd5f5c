/**
 * A moment in UTC at the precision Postgres keeps.
 *
 * `text` always looks like `2024-02-29T23:59:59.123456Z`, so two of them compare as strings. Digits beyond microseconds are
 * cut off, never rounded: against values kept in microseconds, `>` and `<=` then answer as they would with the
 * full text (`>=` and `<` do not, if there were more than six digits). `epochMs` is rounded down to milliseconds.
 */
export interface Instant {
  text: string;
  epochMs: number;
}

const instantPattern =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;
const partialDatePattern = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/;

/**
 * Reads a FHIR instant: date, time, seconds and offset are required, up to nine digits of a second are accepted, lower-case `t` and `z`
 * are not. A leap second (`:60`) is the first moment of the next minute. Answers `undefined` for anything else, impossible
 * dates included. A `+` that became a space in a URL is for `repairInstant` to mend first.
 * https://hl7.org/fhir/R4/datatypes.html#instant
 */
export function parseInstant(text: string): Instant | undefined {
  const match = instantPattern.exec(text);
  if (match === null) {
    return undefined;
  }
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as Six;
  const midnight = startOfDay(year, month, day);
  if (midnight === undefined || hour > 23 || minute > 59 || second > 60) {
    return undefined;
  }
  const offsetMinutes = Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0);
  if (offsetMinutes > 14 * 60 || Number(match[10] ?? 0) > 59) {
    return undefined;
  }
  const seconds = hour * 3600 + minute * 60 + second;
  if (match[8] === undefined && second < 60) {
    // In UTC already: what is there need only be made longer.
    const digits = (match[7] ?? '').slice(0, 6).padEnd(6, '0');
    const epochMs = midnight + seconds * 1000 + Math.floor(Number(digits) / 1000);
    return { text: `${text.slice(0, 19)}.${digits}Z`, epochMs };
  }
  const offsetSeconds = (match[8] === '-' ? -60 : 60) * offsetMinutes;
  return toInstant(midnight / 1000 + seconds - offsetSeconds, toMicroseconds(match[7]));
}

/**
 * Puts back the `+` of an offset that URL decoding turned into a space: `…T00:00:00 05:00` becomes `…T00:00:00+05:00`.
 * Any other text comes back as it was.
 */
export function repairInstant(text: string): string {
  return text.replace(/(T[\d:.]+) (\d\d:\d\d)$/, '$1+$2');
}

/**
 * Reads `2010`, `2010-01` or `2010-01-01` as the first moment of that period in UTC, `undefined` otherwise. An instant allows no such
 * thing; callers that accept it ought to tell the client what was understood.
 */
export function parsePartialDate(text: string): Instant | undefined {
  const match = partialDatePattern.exec(text);
  const start = match && startOfDay(Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1));
  return typeof start === 'number' ? toInstant(start / 1000, 0) : undefined;
}

/**
 * Answers the first moment after a FHIR dateTime of any precision: `2020` ends when 2021 begins, `…T10:00:00Z` one second later, with
 * digits after the point one unit of the last digit later. A `Period.end` is inclusive, so the period is over once
 * this moment has come. Dates without an offset are taken as UTC. https://hl7.org/fhir/R4/datatypes.html#Period
 */
export function periodEnd(text: string): Instant | undefined {
  const instant = parseInstant(text);
  if (instant !== undefined) {
    const digits = Math.min(/\.(\d+)/.exec(text)?.[1]?.length ?? 0, 6);
    const microseconds = Number(instant.text.slice(20, 26)) + 10 ** (6 - digits);
    return toInstant(
      Math.floor(instant.epochMs / 1000) + Math.floor(microseconds / 1e6),
      microseconds % 1e6,
    );
  }
  const match = partialDatePattern.exec(text);
  if (match === null || parsePartialDate(text) === undefined) {
    return undefined;
  }
  const [year, month, day] = [Number(match[1]), match[2], match[3]];
  const end = new Date(0);
  if (month === undefined) {
    end.setUTCFullYear(year + 1, 0, 1);
  } else if (day === undefined) {
    end.setUTCFullYear(year, Number(month), 1);
  } else {
    end.setUTCFullYear(year, Number(month) - 1, Number(day) + 1);
  }
  return toInstant(end.getTime() / 1000, 0);
}

type Six = [number, number, number, number, number, number];

/** Midnight UTC as epoch milliseconds, unless there is no such day. (Date.UTC reads years below 100 as 19xx.) */
function startOfDay(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists ? date.getTime() : undefined;
}

function toMicroseconds(digits = ''): number {
  return Number(digits.slice(0, 6).padEnd(6, '0'));
}

/** An offset can carry a moment out of the years 1 to 9999, which no instant text can say. */
function toInstant(epochSeconds: number, microseconds: number): Instant | undefined {
  const whole = new Date(epochSeconds * 1000).toISOString();
  if (!/^(?!0000)\d{4}-/.test(whole)) {
    return undefined;
  }
  return {
    text: `${whole.slice(0, 19)}.${String(microseconds).padStart(6, '0')}Z`,
    epochMs: epochSeconds * 1000 + Math.floor(microseconds / 1000),
  };
}
