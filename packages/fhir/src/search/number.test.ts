import { compileFilter } from './compile.ts';
import { parseTypeFilter } from './type-filter.ts';

const risk = (...values: (number | object)[]) => ({
  resourceType: 'RiskAssessment',
  prediction: values.map((value) =>
    typeof value === 'number' ? { probabilityDecimal: value } : { probabilityRange: value },
  ),
});
const range = (low?: number, high?: number) => ({
  ...(low !== undefined && { low: { value: low } }),
  ...(high !== undefined && { high: { value: high } }),
});

function matches(query: string, resource: object): boolean {
  const filter = parseTypeFilter('RiskAssessment', query);
  return compileFilter([filter], { baseUrl: '', nowMs: 0 })(resource);
}

test.each<[string, number | object, boolean]>([
  // eq: everything that would be rounded to it
  ['100', 100, true],
  ['100', 99.5, true],
  ['100', 99.4999999, false],
  ['100', 100.4999999, true],
  ['100', 100.5, false],
  ['100.00', 99.995, true],
  ['100.00', 99.994, false],
  ['100.00', 100.0049, true],
  ['100.00', 100.005, false],
  ['1.00e2', 99.5, true],
  ['1.00e2', 100.5, false],
  ['1.0e2', 95, true],
  ['1.0e2', 105, false],
  ['1e2', 95, true],
  ['1e2', 94.9, false],
  ['1e2', 105, false],
  ['5.4e-3', 0.0054, true],
  ['5.4e-3', 0.00545, false],
  ['0', 0.4, true],
  ['-5', -5.5, true],
  ['-5', -4.5, false],
  ['eq100', 100, true],
  // no rounding of our own
  ['0.30000000000000004', 0.3, false],
  ['0.3', 0.30000000000000004, true],
  ['gt0.3', 0.30000000000000004, true],
  ['gt0.1', 0.1, false],
  ['ge0.1', 0.1, true],
  // ne
  ['ne100', 100.2, false],
  ['ne100', 101, true],
  // the others are exact
  ['gt100', 100, false],
  ['gt100', 100.0001, true],
  ['lt100', 99.9999, true],
  ['lt100', 100, false],
  ['ge100', 100, true],
  ['ge100', 99.9999, false],
  ['le100', 100, true],
  ['le100', 100.0001, false],
  ['sa100', 100.0001, true],
  ['sa100', 100, false],
  ['eb100', 99.9999, true],
  ['eb100', 100, false],
  // ap: ten percent
  ['ap100', 90, true],
  ['ap100', 110, true],
  ['ap100', 89.9, false],
  ['ap100', 110.1, false],
  ['ap-100', -110, true],
  ['ap-100', -89, false],
  ['ap0.5', 0.549, true],
  // ranges
  ['100', range(99.6, 100.4), true],
  ['100', range(99, 100), false],
  ['100', range(100), false],
  ['ne100', range(99, 100), true],
  ['gt100', range(50, 100), false],
  ['gt100', range(50, 101), true],
  ['gt100', range(50), true],
  ['lt100', range(100, 101), false],
  ['lt100', range(undefined, 500), true],
  ['ge100', range(50, 100), true],
  ['le100', range(100, 500), true],
  ['sa100', range(101, 102), true],
  ['sa100', range(100, 102), false],
  ['sa100', range(undefined, 102), false],
  ['eb100', range(1, 99), true],
  ['eb100', range(1, 100), false],
  ['eb100', range(1), false],
  ['ap100', range(0, 90), true],
  ['ap100', range(0, 89), false],
  ['ap100', range(111), false],
  ['ne100', range(), false],
])('probability=%s of %j: %s', (value, probability, expected) => {
  expect(matches(`probability=${value}`, risk(probability))).toBe(expected);
});

test('any of several values, and any of several elements, will do', () => {
  expect(matches('probability=1,2', risk(2))).toBe(true);
  expect(matches('probability=2', risk(1, 2))).toBe(true);
  expect(matches('probability=gt5&probability=lt1', risk(0, 9))).toBe(true);
  expect(matches('probability=3', risk(1, 2))).toBe(false);
});

test('missing is about there being any', () => {
  expect(matches('probability:missing=true', risk())).toBe(true);
  expect(matches('probability:missing=false', risk(1))).toBe(true);
  expect(matches('probability:missing=false', risk(range(1)))).toBe(true);
});

test('integers are searched too', () => {
  const filter = parseTypeFilter('MolecularSequence', 'variant-start=22125503');
  const test = compileFilter([filter], { baseUrl: '', nowMs: 0 });
  expect(test({ resourceType: 'MolecularSequence', variant: [{ start: 22125503 }] })).toBe(true);
});

test.each(['x', 'ge', '1.', '.5', '1e1000', 'gt 5', '5|mg', 'eqgt5'])(
  'probability=%s is invalid',
  (value) => {
    expect(() => parseTypeFilter('RiskAssessment', `probability=${value}`)).toThrow(
      expect.objectContaining({ code: 'invalid', parameter: 'probability' }) as Error,
    );
  },
);
