import {
  elementNumberRange,
  type NumberRange,
  type NumberValue,
  parseNumberValue,
  pointRange,
  rangeTest,
} from './number.ts';
import { splitValue, unescapeValue } from './query.ts';
import { SearchError } from './search-error.ts';

/** A quantity to compare with. Nothing is converted: 1 g is not 1000 mg. */
export interface QuantityValue extends NumberValue {
  readonly unit: WantedUnit | undefined;
}

/** With a system: the code in it. Without: the code of any system, or the unit as it is written for people. */
export interface WantedUnit {
  readonly system: string | undefined;
  readonly code: string;
}

/** Reads `number`, `number|system|code` or `number||code`. https://hl7.org/fhir/R4/search.html#quantity */
export function parseQuantityValue(value: string, parameter: string): QuantityValue {
  const parts = splitValue(value, '|').map((part) => unescapeValue(part, parameter));
  const [number = '', system = '', code = ''] = parts;
  if ((parts.length !== 1 && parts.length !== 3) || (parts.length === 3 && code === '')) {
    throw new SearchError(
      'invalid',
      `${parameter}: "${value}" is no quantity; number, number|system|code or number||code is expected.`,
      parameter,
    );
  }
  const unit = code === '' ? undefined : { system: system || undefined, code };
  return { ...parseNumberValue(number, parameter), unit };
}

/** Makes the test of a Quantity, Range or Money against values, any of which will do. */
export function quantityTest(
  values: readonly QuantityValue[],
  type: string,
): (element: unknown) => boolean {
  const tests = values.map((value) => {
    const isInRange = rangeTest(value);
    const { unit } = value;
    return (element: object, range: NumberRange) =>
      isInRange(range) && (unit === undefined || hasUnit(element, type, unit));
  });
  return (element) => {
    if (typeof element !== 'object' || element === null) {
      return false;
    }
    const range = type === 'Range' ? elementNumberRange(element) : quantityRange(element);
    return range !== undefined && tests.some((test) => test(element, range));
  };
}

/** The code system of Money's currencies. https://hl7.org/fhir/R4/search.html#quantity */
export const currencySystem = 'urn:iso:std:iso:4217';

/** A comparator opens the quantity to one side: `<5` is anything below 5. */
function quantityRange(quantity: {
  value?: unknown;
  comparator?: unknown;
}): NumberRange | undefined {
  const point = typeof quantity.value === 'number' ? pointRange(quantity.value) : undefined;
  const bound = point?.low;
  if (bound === undefined) {
    return undefined;
  }
  switch (quantity.comparator) {
    case '<':
      return { low: undefined, high: { ...bound, open: true } };
    case '<=':
      return { low: undefined, high: bound };
    case '>':
      return { low: { ...bound, open: true }, high: undefined };
    case '>=':
      return { low: bound, high: undefined };
    default:
      return point;
  }
}

function hasUnit(element: object, type: string, wanted: WantedUnit): boolean {
  if (type === 'Money') {
    const { currency } = element as { currency?: unknown };
    return currency === wanted.code && (wanted.system ?? currencySystem) === currencySystem;
  }
  if (type === 'Range') {
    const { low, high } = element as { low?: unknown; high?: unknown };
    return [low, high].every((end) => end === undefined || isOfUnit(end, wanted));
  }
  return isOfUnit(element, wanted);
}

function isOfUnit(quantity: unknown, { system, code }: WantedUnit): boolean {
  const found = (quantity ?? {}) as { system?: unknown; code?: unknown; unit?: unknown };
  return system === undefined
    ? found.code === code || found.unit === code
    : found.system === system && found.code === code;
}
