import { repairInstant } from '../instant.ts';
import { type DateRange, elementDateRange, parseDateRange } from './date-range.ts';
import { type Prefix, prefixes, splitPrefix } from './prefix.ts';
import { SearchError } from './search-error.ts';

/** A date to compare with. */
export interface DateValue {
  readonly prefix: Prefix;
  readonly range: DateRange;
}

/** Reads a date of any precision with an optional prefix. https://hl7.org/fhir/R4/search.html#date */
export function parseDateValue(value: string, parameter: string): DateValue {
  const { prefix, rest } = splitPrefix(value);
  // An offset whose + was not percent-encoded has become a space.
  const range = parseDateRange(repairInstant(rest));
  if (range === undefined) {
    throw new SearchError(
      'invalid',
      `${parameter}: "${value}" is no date; YYYY, YYYY-MM, YYYY-MM-DD or a date and a time is expected, after one of ${prefixes.join(' ')} or none of them.`,
      parameter,
    );
  }
  return { prefix, range };
}

/** Makes the test of a date, Period or Timing against values, any of which will do. `ap` needs to know what time it is. */
export function dateTest(
  values: readonly DateValue[],
  type: string,
  nowMs: number,
): (element: unknown) => boolean {
  const tests = values.map(({ prefix, range }) => comparisons[prefix](range, nowMs));
  return (element) => {
    const range = elementDateRange(element, type);
    return range !== undefined && tests.some((test) => test(range));
  };
}

type Compare = (searched: DateRange, nowMs: number) => (found: DateRange) => boolean;

/** What R4 says of each prefix, in terms of what the two dates cover. https://hl7.org/fhir/R4/search.html#prefix */
const comparisons: Readonly<Record<Prefix, Compare>> = {
  eq: (searched) => (found) => contains(searched, found),
  ne: (searched) => (found) => !contains(searched, found),
  gt: (searched) => (found) => found.to > searched.to,
  lt: (searched) => (found) => found.from < searched.from,
  ge: (searched) => (found) => found.to > searched.to || contains(searched, found),
  le: (searched) => (found) => found.from < searched.from || contains(searched, found),
  sa: (searched) => (found) => found.from >= searched.to,
  eb: (searched) => (found) => found.to <= searched.from,
  ap: (searched, nowMs) => {
    const now = BigInt(Math.floor(nowMs)) * 1_000_000n;
    const gap = (now > searched.from ? now - searched.from : searched.from - now) / 10n;
    const [from, to] = [searched.from - gap, searched.to + gap];
    return (found) => found.from < to && found.to > from;
  },
};

function contains(outer: DateRange, inner: DateRange): boolean {
  return inner.from >= outer.from && inner.to <= outer.to;
}
