import { resourceTypes } from '../resource-types.ts';
import { searchParametersOf } from './capability.ts';
import { SearchError } from './search-error.ts';
import { parseTypeFilter } from './type-filter.ts';

test('a capability says name, type, definition and what may be done with it', () => {
  const parameters = searchParametersOf('Observation');
  expect(parameters.find(({ name }) => name === 'code')).toEqual({
    name: 'code',
    type: 'token',
    definition: 'http://hl7.org/fhir/SearchParameter/clinical-code',
    documentation: ':missing, :not, :text',
  });
  expect(parameters.find(({ name }) => name === 'subject')?.documentation).toBe(
    ':missing, :identifier and :[type]; id, Type/id or URL',
  );
});

test.each([...resourceTypes])('%s has the parameters of every resource', (type) => {
  const common = ['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag'];
  const names = searchParametersOf(type).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('_'))).toEqual(common);
});

test('what is listed is accepted with any of its modifiers, and with no other', () => {
  const values: Readonly<Record<string, string>> = {
    token: 'true',
    date: '2020',
    string: 'x',
    reference: 'http://x.org/1',
    quantity: '1',
    number: '1',
    uri: 'http://x.org',
    missing: 'true',
    'of-type': 'a|b|c',
  };
  const all = 'missing not text of-type exact contains above below in not-in identifier'.split(' ');
  const isAccepted = (type: string, query: string) => {
    try {
      return parseTypeFilter(type, query).criteria.length === 1;
    } catch (error) {
      if (error instanceof SearchError) return false;
      throw error;
    }
  };
  let listed = 0;
  const wrong: string[] = [];
  for (const type of resourceTypes) {
    for (const { name, type: kind, documentation = '' } of searchParametersOf(type)) {
      listed += 1;
      if (!isAccepted(type, `${name}=${values[kind]}`)) wrong.push(`${type}?${name}`);
      for (const modifier of all) {
        const isListed = new RegExp(`:${modifier}(?![\\w-])`).test(documentation);
        const query = `${name}:${modifier}=${values[modifier] ?? values[kind]}`;
        if (isAccepted(type, query) !== isListed) wrong.push(`${type}?${query}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(listed).toBeGreaterThan(2200);
});

test('types that R4 does not have have nothing of their own', () => {
  expect(searchParametersOf('Nonsense').every(({ name }) => name.startsWith('_'))).toBe(true);
});
