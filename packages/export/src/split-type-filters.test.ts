import fc from 'fast-check';
import { splitTypeFilters } from './split-type-filters.ts';

test.each([
  ['Patient?a=1,Observation?b=2', ['Patient?a=1', 'Observation?b=2']],
  ['Patient?a=1,2, Observation?b=2', ['Patient?a=1,2', 'Observation?b=2']],
  ['Patient?a=1\\,Observation?b=2', ['Patient?a=1\\,Observation?b=2']],
  ['Patient?a=1\\\\,Observation?b=2', ['Patient?a=1\\\\', 'Observation?b=2']],
  ['Patient?a=,,Observation?b=2', ['Patient?a=,', 'Observation?b=2']],
  ['Patient?a=1,observation?b=2', ['Patient?a=1,observation?b=2']],
  ['Patient?a=1,Obs ervation?b=2', ['Patient?a=1,Obs ervation?b=2']],
  ['', ['']],
])('%s has the filters %j', (value, filters) => {
  expect(splitTypeFilters(value)).toEqual(filters);
});

/** The same as one expression, which takes quadratic time and is right for short texts. */
const betweenFilters = /(?<=(?<!\\)(?:\\\\)*),(?=\s*[A-Z][A-Za-z]*\?)/;

test('any text is split as its definition says', () => {
  const text = fc.string({ unit: fc.constantFrom('A', 'b', ',', '\\', '?', ' ', '\u00a0', '1') });
  fc.assert(
    fc.property(text, (value) => {
      const filters = value.split(betweenFilters).map((filter) => filter.trim());
      expect(splitTypeFilters(value)).toEqual(filters);
    }),
    { numRuns: 2000 },
  );
});
