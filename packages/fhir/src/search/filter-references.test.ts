import { compileFilterLists, narrowFilterLists } from './filter-lists.ts';
import { listFilterReferences } from './filter-references.ts';

const baseUrl = 'https://example.org/fhir';

test.each<[string, string, (string | undefined)[][]]>([
  ['Encounter', 'participant=Practitioner/a', [['Practitioner', 'a']]],
  ['Encounter', `participant=${baseUrl}/Practitioner/a`, [['Practitioner', 'a']]],
  ['Encounter', 'patient=a', [['Patient', 'a']]],
  [
    'Observation',
    'subject:Patient=a,b',
    [
      ['Patient', 'a'],
      ['Patient', 'b'],
    ],
  ],
  ['Observation', 'subject=a', [[undefined, 'a']]],
  ['Observation', 'subject=Patient/a/_history/1', []],
  ['Observation', 'subject=https://else.example/Patient/a', []],
  ['Observation', 'code=a&_id=Patient', []],
])('%s?%s asks for references to %j', (type, query, wanted) => {
  const found = listFilterReferences(type, [[query]], [baseUrl]);
  expect(found.map(({ type: target, id }) => [target, id])).toEqual(wanted);
});

const aliases = {
  'Patient/p': ['?identifier=s|1', '?identifier=1'],
  'Practitioner/p': ['?identifier=http://x/Patient/d'],
};
const about = (reference: string) => ({ resourceType: 'Observation', subject: { reference } });

test.each<[string, string, boolean]>([
  ['subject=Patient/p', 'Patient?identifier=s|1', true],
  ['subject=p', 'Patient?identifier=1', true],
  ['patient=p', 'Patient?identifier=1', true],
  ['patient=p', `${baseUrl}/Patient?identifier=1`, true],
  ['patient=p', 'Practitioner?identifier=http://x/Patient/d', false],
  ['subject:Patient=p', 'Patient?identifier=1', true],
  ['subject=Patient/p', 'Patient?identifier=2', false],
  ['subject=Patient/other', 'Patient?identifier=1', false],
  ['subject=constructor', 'Patient?identifier=1', false],
])('with aliases %s finds %s: %s', (query, reference, found) => {
  const options = { baseUrl, nowMs: 0, aliases };
  expect(compileFilterLists('Observation', [[query]], options)(about(reference))).toBe(found);
});

test('what a search led to is not narrowed away', () => {
  expect(narrowFilterLists('Observation', [['subject=Patient/p']], aliases)).toEqual({
    patient: ['p', '?identifier=s|1', '?identifier=1'],
  });
  expect(narrowFilterLists('Encounter', [['participant=Practitioner/p']], aliases)).toEqual({
    any: [{ text: 'Practitioner/p' }, { text: 'Practitioner?identifier=http://x/Patient/d' }],
  });
});
