import { identifiersOf, parseIdentifierSearch } from './identifier-search.ts';
import { readReference } from './reference.ts';

test.each([
  ['?identifier=http://a.example|1', { system: 'http://a.example', value: '1' }],
  ['identifier=http%3A%2F%2Fa.example%7C1', { system: 'http://a.example', value: '1' }],
  ['?identifier=1', { value: '1' }],
  ['?identifier=|1', { system: '', value: '1' }],
  [String.raw`?identifier=a\|b|c\,d`, { system: 'a|b', value: 'c,d' }],
  ['?_id=x.1', { id: 'x.1' }],
])('%s is a search for an identifier', (search, wanted) => {
  expect(parseIdentifierSearch(search)).toEqual(wanted);
});

test.each([
  '?identifier=',
  '?identifier=a|',
  '?identifier=a|b|c',
  '?identifier=a,b',
  '?identifier=a&active=true',
  '?name=a',
  '?_id=a/b',
  '?identifier=%zz',
  '?identifier=%00',
  'identifier=a%0Ab',
  '?',
  '',
])('%s is none', (search) => {
  expect(parseIdentifierSearch(search)).toBeUndefined();
});

test('identifiers with a value count, whether there is a list of them or one', () => {
  const identifier = [{ system: 's', value: '1' }, { value: '2' }, { system: 's' }, null, 'x'];
  expect(identifiersOf({ identifier })).toEqual([
    { system: 's', value: '1' },
    { system: '', value: '2' },
  ]);
  expect(identifiersOf({ identifier: { value: '3' } })).toEqual([{ system: '', value: '3' }]);
  expect(identifiersOf({})).toEqual([]);
});

const bases = ['https://a.example/fhir', 'http://b.example/'];
test.each([
  ['Patient?identifier=s|1', { kind: 'conditional', type: 'Patient', search: '?identifier=s|1' }],
  ['http://b.example/Patient?name=x', { kind: 'conditional', type: 'Patient', search: '?name=x' }],
  ['Patient?_id=1', { kind: 'literal', type: 'Patient', id: '1' }],
  ['http://b.example/Patient/1', { kind: 'literal', type: 'Patient', id: '1' }],
  ['https://b.example/Patient/1', { kind: 'elsewhere' }],
  ['https://a.example/fhir/Patient/1/_history/2', { kind: 'literal', type: 'Patient', id: '1' }],
  ['https://a.example/fhirx/Patient/1', { kind: 'elsewhere' }],
  ['#p', { kind: 'contained' }],
  ['urn:oid:1.2', { kind: 'urn' }],
  ['URN:UUID:1', { kind: 'urn' }],
  ['Pat/1', { kind: 'unknown' }],
  ['', { kind: 'unknown' }],
])('the reference %s means what it says', (text, meaning) => {
  expect(readReference(text, bases)).toEqual(meaning);
});
