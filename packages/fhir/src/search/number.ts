import { addDecimal, compareDecimals, type Decimal, parseDecimal } from './decimal.ts';
import { type Prefix, prefixes, splitPrefix } from './prefix.ts';
import { SearchError } from './search-error.ts';

/** A number to compare with, as it was written. */
export interface NumberValue {
  readonly prefix: Prefix;
  readonly number: Decimal;
}

/** One end of a range of numbers. */
export interface Bound {
  readonly at: Decimal;
  /** The end itself is not in the range. */
  readonly open: boolean;
}

/** The numbers a value in a resource may stand for; a missing end is infinity. */
export interface NumberRange {
  readonly low: Bound | undefined;
  readonly high: Bound | undefined;
}

/** Reads a number with an optional prefix. https://hl7.org/fhir/R4/search.html#number */
export function parseNumberValue(value: string, parameter: string): NumberValue {
  const { prefix, rest } = splitPrefix(value);
  const number = parseDecimal(rest);
  if (number === undefined) {
    throw new SearchError(
      'invalid',
      `${parameter}: "${value}" is no number; digits like 5, 5.40 or 5.4e-3 are expected, after one of ${prefixes.join(' ')} or none of them.`,
      parameter,
    );
  }
  return { prefix, number };
}

/** Makes the test of a number or Range in a resource against values, any of which will do. */
export function numberTest(values: readonly NumberValue[]): (element: unknown) => boolean {
  const tests = values.map(rangeTest);
  return (element) => {
    const range = elementNumberRange(element);
    return range !== undefined && tests.some((test) => test(range));
  };
}

/** Reads a number or a Range; `undefined` when it has neither end. */
export function elementNumberRange(element: unknown): NumberRange | undefined {
  if (typeof element === 'number') {
    return pointRange(element);
  }
  const { low, high } = (element ?? {}) as { low?: unknown; high?: unknown };
  const [from, to] = [boundOf(low), boundOf(high)];
  return from === undefined && to === undefined ? undefined : { low: from, high: to };
}

/** The range that is one number. */
export function pointRange(value: number): NumberRange | undefined {
  const bound = toBound(value);
  return bound && { low: bound, high: bound };
}

/**
 * Makes the test of a range against one value. With `eq` and `ne` a value stands for everything that would be rounded to it: 100 for
 * 99.5 up to 100.5, 100.00 for 99.995 up to 100.005. With the others it is exact; `ap` allows for ten percent.
 */
export function rangeTest({ prefix, number }: NumberValue): (found: NumberRange) => boolean {
  const isExactly = (bound: Bound) => compareDecimals(bound.at, number);
  switch (prefix) {
    case 'eq':
      return roundedTest(number);
    case 'ne': {
      const isEqual = roundedTest(number);
      return (found) => !isEqual(found);
    }
    case 'gt':
      return ({ high }) => high === undefined || isExactly(high) > 0;
    case 'lt':
      return ({ low }) => low === undefined || isExactly(low) < 0;
    case 'ge':
      return ({ high }) => reachesUp(high, number);
    case 'le':
      return ({ low }) => reachesDown(low, number);
    case 'sa':
      return ({ low }) => !reachesDown(low, number);
    case 'eb':
      return ({ high }) => !reachesUp(high, number);
    case 'ap': {
      const tenth = number.digits < 0n ? -number.digits : number.digits;
      const from = addDecimal(number, -tenth, number.exponent - 1);
      const to = addDecimal(number, tenth, number.exponent - 1);
      return ({ low, high }) => reachesDown(low, to) && reachesUp(high, from);
    }
  }
}

/** Half of what the last digit counts, to either side; the upper end is the next number's. */
function roundedTest(number: Decimal): (found: NumberRange) => boolean {
  const from = addDecimal(number, -5n, number.exponent - 1);
  const to = addDecimal(number, 5n, number.exponent - 1);
  return ({ low, high }) => {
    if (low === undefined || high === undefined || compareDecimals(low.at, from) < 0) {
      return false;
    }
    const end = compareDecimals(high.at, to);
    return end < 0 || (end === 0 && high.open);
  };
}

/** Whether a range with this upper end has something at or above `at`. */
function reachesUp(high: Bound | undefined, at: Decimal): boolean {
  const order = high === undefined ? 1 : compareDecimals(high.at, at);
  return order > 0 || (order === 0 && high?.open === false);
}

/** Whether a range with this lower end has something at or below `at`. */
function reachesDown(low: Bound | undefined, at: Decimal): boolean {
  const order = low === undefined ? -1 : compareDecimals(low.at, at);
  return order < 0 || (order === 0 && low?.open === false);
}

function boundOf(quantity: unknown): Bound | undefined {
  const { value } = (quantity ?? {}) as { value?: unknown };
  return typeof value === 'number' ? toBound(value) : undefined;
}

/** The shortest text that is this number again is what was in the JSON, up to 15 digits. */
function toBound(value: number): Bound | undefined {
  const at = parseDecimal(String(value));
  return at && { at, open: false };
}
