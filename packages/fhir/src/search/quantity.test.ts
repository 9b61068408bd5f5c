import { compileFilter } from './compile.ts';
import { parseTypeFilter } from './type-filter.ts';

const ucum = 'http://unitsofmeasure.org';

function matches(type: string, query: string, more: object): boolean {
  const filter = parseTypeFilter(type, query);
  return compileFilter([filter], { baseUrl: '', nowMs: 0 })({ resourceType: type, ...more });
}

const weight = { value: 5.4, unit: 'milligrams', system: ucum, code: 'mg' };

test.each<[string, object, boolean]>([
  // value alone
  ['5.4', weight, true],
  ['5.40', weight, true],
  ['5.5', weight, false],
  ['5', weight, true],
  ['gt5.4', weight, false],
  ['ge5.4', weight, true],
  ['lt6', weight, true],
  ['ne5.4', weight, false],
  ['ap5', weight, true],
  ['5.4', { unit: 'mg' }, false],
  // system and code
  [`5.4|${ucum}|mg`, weight, true],
  [`5.4|${ucum}|g`, weight, false],
  ['5.4|urn:other|mg', weight, false],
  [`gt5|${ucum}|mg`, weight, true],
  [`5.4|${ucum}|milligrams`, weight, false],
  // code or unit
  ['5.4||mg', weight, true],
  ['5.4||milligrams', weight, true],
  ['5.4||kg', weight, false],
  ['5.4||mg', { value: 5.4, unit: 'mg' }, true],
  // no conversion
  [`0.0054|${ucum}|g`, weight, false],
  // alternatives
  ['1||mg,5.4||mg', weight, true],
  ['lt1,gt5', weight, true],
  // comparators in the resource
  ['gt4', { value: 5, comparator: '<' }, true],
  ['gt5', { value: 5, comparator: '<' }, false],
  ['ge5', { value: 5, comparator: '<' }, false],
  ['ge5', { value: 5, comparator: '<=' }, true],
  ['gt5', { value: 5, comparator: '<=' }, false],
  ['lt5', { value: 5, comparator: '<' }, true],
  ['5', { value: 5, comparator: '<' }, false],
  ['ne5', { value: 5, comparator: '<' }, true],
  ['gt100', { value: 5, comparator: '>' }, true],
  ['lt5', { value: 5, comparator: '>' }, false],
  ['lt6', { value: 5, comparator: '>' }, true],
  ['le5', { value: 5, comparator: '>' }, false],
  ['le5', { value: 5, comparator: '>=' }, true],
  ['sa5', { value: 5, comparator: '>' }, true],
  ['sa5', { value: 5, comparator: '>=' }, false],
  ['sa4', { value: 5, comparator: '>=' }, true],
  ['eb5', { value: 5, comparator: '<' }, true],
  ['eb5', { value: 5, comparator: '<=' }, false],
  ['ap5', { value: 5, comparator: '>' }, true],
  ['ap50', { value: 5, comparator: '<' }, false],
])('value-quantity=%s of %j: %s', (value, valueQuantity, expected) => {
  expect(matches('Observation', `value-quantity=${value}`, { valueQuantity })).toBe(expected);
});

test('components are searched by combo-value-quantity', () => {
  const pressure = {
    component: [{ valueQuantity: { value: 80 } }, { valueQuantity: { value: 120 } }],
  };
  expect(matches('Observation', 'combo-value-quantity=gt100', pressure)).toBe(true);
  expect(matches('Observation', 'value-quantity=gt100', pressure)).toBe(false);
  expect(matches('Observation', 'component-value-quantity=lt100', pressure)).toBe(true);
});

test.each<[string, boolean]>([
  ['price-override=100', true],
  ['price-override=100|urn:iso:std:iso:4217|USD', true],
  ['price-override=100||USD', true],
  ['price-override=100||EUR', false],
  ['price-override=100|urn:other|USD', false],
])('of an amount of money, %s: %s', (query, expected) => {
  const priceOverride = { value: 100, currency: 'USD' };
  expect(matches('ChargeItem', query, { priceOverride })).toBe(expected);
});

test.each<[string, object, boolean]>([
  ['onset-age=ge10', { onsetAge: { value: 12, unit: 'a' } }, true],
  [
    'onset-age=ge10||a',
    { onsetRange: { low: { value: 5, unit: 'a' }, high: { value: 15, unit: 'a' } } },
    true,
  ],
  [
    'onset-age=ge10||mo',
    { onsetRange: { low: { value: 5, unit: 'a' }, high: { value: 15, unit: 'a' } } },
    false,
  ],
  ['onset-age=ge10||a', { onsetRange: { low: { value: 5, unit: 'a' } } }, true],
  ['onset-age=sa10', { onsetRange: { low: { value: 11 } } }, true],
  ['onset-age=ge10', { onsetString: 'early' }, false],
  ['onset-age:missing=true', { onsetString: 'early' }, true],
])('%s of %j: %s', (query, resource, expected) => {
  expect(matches('Condition', query, resource)).toBe(expected);
});

test('sampled data are left out', () => {
  const valueSampledData = { origin: { value: 5 }, lowerLimit: 1, upperLimit: 9 };
  expect(matches('Observation', 'value-quantity=5', { valueSampledData })).toBe(false);
});

test.each(['x', '5|mg', '5|||', '5|urn:x|', '||mg', '5|a|b|c'])(
  'value-quantity=%s is invalid',
  (value) => {
    expect(() => parseTypeFilter('Observation', `value-quantity=${value}`)).toThrow(
      expect.objectContaining({ code: 'invalid', parameter: 'value-quantity' }) as Error,
    );
  },
);
