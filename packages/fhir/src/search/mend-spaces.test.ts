import { compileFilter } from './compile.ts';
import { mendSpaces } from './mend-spaces.ts';
import { SearchError } from './search-error.ts';
import { parseTypeFilter } from './type-filter.ts';

test.each([
  ['Observation', 'code=A+B', 'code=A%20B,A%2BB'],
  ['Observation', 'code=A B', 'code=A%20B,A%2BB'],
  [
    'Observation',
    'status=final&code:not=urn:x|A+B',
    'status=final&code:not=urn:x|A%20B,urn:x|A%2BB',
  ],
  ['Observation', 'code=X,A+B', 'code=X,A%20B,X,A%2BB'],
  [
    'ValueSet',
    'url=http://example.org/a+b',
    'url=http://example.org/a%20b,http://example.org/a%2Bb',
  ],
])('%s?%s is read as %s', (type, query, expected) => {
  expect(mendSpaces(type, query)).toBe(expected);
});

test.each([
  ['Observation', 'code=A%2BB'],
  ['Observation', 'code=A%20B'],
  ['Observation', 'code:text=blood pressure'],
  ['Patient', 'name=Anna+Maria'],
  ['Observation', 'date=ge2020-01-01T00:00:00+02:00'],
  ['Observation', 'date=ge2020-01-01T00:00:00 02:00'],
  ['Observation', 'code=8867-4'],
])('%s?%s stays as it is', (type, query) => {
  expect(mendSpaces(type, query)).toBe(query);
});

test.each(['A+B', 'A B'])('a code %s is found by a plain plus and by a plain space', (code) => {
  const observation = { resourceType: 'Observation', code: { coding: [{ code }] } };
  for (const query of ['code=A+B', 'code=A B']) {
    const filter = parseTypeFilter('Observation', mendSpaces('Observation', query));
    expect(compileFilter([filter], { baseUrl: 'http://a/fhir', nowMs: 0 })(observation)).toBe(true);
  }
});

test('what would become too long is refused', () => {
  expect(() => mendSpaces('Observation', `code=${'a+'.repeat(4000)}`)).toThrow(SearchError);
});
