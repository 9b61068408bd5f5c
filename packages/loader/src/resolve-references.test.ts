import { listSearches, writeLiterals } from './resolve-references.ts';

const base = 'https://example.org/fhir';
const reference = (written: string) =>
  `{"resourceType":"Encounter","a":{"reference":"${written}"}}`;

test.each<[string, string, string]>([
  ['a search that is known', 'Patient?identifier=s|1', 'Patient/one'],
  ['one behind a name of the store', `${base}/Patient?identifier=s|1`, 'Patient/one'],
  ['one with escapes', 'Patient\\u003fidentifier=s|1', 'Patient/one'],
  ['one with an escaped value', 'Patient?identifier=s|\\u0031', 'Patient/one'],
  ['one that is not known', 'Patient?identifier=s|2', 'Patient?identifier=s|2'],
  [
    'one of another server',
    'https://else/Patient?identifier=s|1',
    'https://else/Patient?identifier=s|1',
  ],
  ['a literal reference', 'Patient/two', 'Patient/two'],
])('%s: %s becomes %s', (_what, written, becomes) => {
  const idOf = (key: string) => (key === 'Patient?identifier=s|1' ? 'one' : undefined);
  const bytes = writeLiterals(Buffer.from(reference(written)), idOf, [base]);
  expect(bytes.toString()).toBe(reference(becomes));
});

test('the searches of a resource are listed once each, those that can be looked up apart', () => {
  const resource = {
    list: [
      { reference: 'Patient?identifier=s|1' },
      { reference: `${base}/Patient?identifier=s|1` },
      { reference: 'Patient?name=x' },
      { reference: 'Patient?_id=1' },
    ],
  };
  const bytes = Buffer.from(JSON.stringify(resource));
  expect(listSearches({ bytes, resource }, [base])).toEqual({
    followed: [{ type: 'Patient', search: '?identifier=s|1', system: 's', value: '1' }],
    others: ['Patient?name=x'],
  });
  expect(listSearches({ bytes: Buffer.from('{}'), resource: {} })).toBeUndefined();
});
