import { compileFilter } from './compile.ts';
import { parseTypeFilter } from './type-filter.ts';

const baseUrl = 'https://example.org/fhir';

function matches(query: string, resource: { resourceType: string }): boolean {
  const filter = parseTypeFilter(resource.resourceType, query);
  return compileFilter([filter], { baseUrl, nowMs: 0 })(resource);
}

const about = (reference: string, more = {}) => ({
  resourceType: 'Observation',
  subject: { reference, ...more },
});

test.each<[string, string, boolean]>([
  // id alone
  ['subject=p1', 'Patient/p1', true],
  ['subject=p1', 'Group/p1', true],
  ['subject=p1', 'Patient/p2', false],
  ['subject=p1', 'Patient/P1', false],
  ['subject=p1', 'Nonsense/p1', false],
  ['subject=p1', `${baseUrl}/Patient/p1`, true],
  ['subject=p1', 'https://other.org/fhir/Patient/p1', false],
  ['subject=p1', '#p1', false],
  ['subject=p1,p2', 'Patient/p2', true],
  // with a type
  ['subject=Patient/p1', 'Patient/p1', true],
  ['subject=Patient/p1', 'Group/p1', false],
  ['subject=Patient/p1', `${baseUrl}/Patient/p1`, true],
  ['subject=Patient/p1', '/Patient/p1', true],
  ['subject=/Patient/p1', 'Patient/p1', true],
  ['subject=Patient/p1', 'Patient/p10', false],
  ['subject=Patient/p1', 'https://other.org/fhir/Patient/p1', false],
  // absolute
  [`subject=${baseUrl}/Patient/p1`, 'Patient/p1', true],
  [`subject=${baseUrl}/Patient/p1`, `${baseUrl}/Patient/p1`, true],
  ['subject=https://other.org/fhir/Patient/p1', 'https://other.org/fhir/Patient/p1', true],
  ['subject=https://other.org/fhir/Patient/p1', 'Patient/p1', false],
  ['subject=urn:uuid:0c3151bd', 'urn:uuid:0c3151bd', true],
  // versions
  ['subject=Patient/p1', 'Patient/p1/_history/3', true],
  ['subject=p1', 'Patient/p1/_history/3', true],
  ['subject=Patient/p1/_history/3', 'Patient/p1/_history/3', true],
  ['subject=Patient/p1/_history/3', 'Patient/p1/_history/4', false],
  ['subject=Patient/p1/_history/3', 'Patient/p1', false],
  // :[type]
  ['subject:Patient=p1', 'Patient/p1', true],
  ['subject:Patient=p1', 'Group/p1', false],
  ['subject:Group=p1', 'Group/p1', true],
  ['subject:Patient=Patient/p1', 'Patient/p1', true],
  ['subject:Patient=https://other.org/Patient/p1', 'https://other.org/Patient/p1', true],
  ['subject:Group=https://other.org/Patient/p1', 'https://other.org/Patient/p1', false],
  // a parameter about patients only
  ['patient=p1', 'Patient/p1', true],
  ['patient=p1', 'Group/p1', false],
  ['patient=Patient/p1', 'Patient/p1', true],
  ['patient:Patient=p1', 'Patient/p1', true],
  ['patient=p1', `${baseUrl}/Patient/p1/_history/1`, true],
  // :missing
  ['subject:missing=false', 'Patient/p1', true],
  ['patient:missing=false', 'Group/p1', false],
  ['patient:missing=true', 'Group/p1', true],
  ['encounter:missing=true', 'Patient/p1', true],
])('%s finds %s: %s', (query, reference, expected) => {
  expect(matches(query, about(reference))).toBe(expected);
});

test('the slash at the end of the base URL does not matter', () => {
  const filter = parseTypeFilter('Observation', 'subject=Patient/p1');
  const test = compileFilter([filter], { baseUrl: `${baseUrl}/`, nowMs: 0 });
  expect(test(about(`${baseUrl}/Patient/p1`))).toBe(true);
});

test.each<[string, boolean]>([
  ['subject:identifier=urn:mrn|7', true],
  ['subject:identifier=7', true],
  ['subject:identifier=|7', false],
  ['subject:identifier=urn:mrn|8', false],
  ['subject=7', false],
  ['subject:missing=false', true],
])('of a subject that is an identifier, %s: %s', (query, expected) => {
  const resource = {
    resourceType: 'Observation',
    subject: { identifier: { system: 'urn:mrn', value: '7' } },
  };
  expect(matches(query, resource)).toBe(expected);
});

test('what a contained reference leads to is looked up in the resource', () => {
  const to = (type: string) => ({
    ...about('#p'),
    contained: [{ resourceType: 'Device', id: 'x' }, { resourceType: type, id: 'p' }, null],
  });
  expect(matches('patient:missing=false', to('Patient'))).toBe(true);
  expect(matches('patient:missing=false', to('Group'))).toBe(false);
  expect(matches('patient:missing=false', about('#p'))).toBe(false);
});

test('Reference.type says what a reference without a readable URL leads to', () => {
  expect(matches('patient=urn:uuid:1', about('urn:uuid:1', { type: 'Patient' }))).toBe(true);
  expect(matches('patient=urn:uuid:1', about('urn:uuid:1'))).toBe(false);
});

test.each<[string, string, boolean]>([
  ['http://x.org/Questionnaire/1', 'http://x.org/Questionnaire/1', true],
  ['http://x.org/Questionnaire/1', 'http://x.org/Questionnaire/1|2.0', true],
  ['http://x.org/Questionnaire/1|2.0', 'http://x.org/Questionnaire/1|2.0', true],
  ['http://x.org/Questionnaire/1|3.0', 'http://x.org/Questionnaire/1|2.0', false],
  ['http://x.org/Questionnaire/1|2.0', 'http://x.org/Questionnaire/1', false],
  ['http://x.org/Questionnaire/1', 'http://x.org/Questionnaire/10', false],
  ['Questionnaire/1', `${baseUrl}/Questionnaire/1`, true],
])('the canonical %s finds %s: %s', (value, canonical, expected) => {
  const resource = { resourceType: 'QuestionnaireResponse', questionnaire: canonical };
  expect(matches(`questionnaire=${value}`, resource)).toBe(expected);
});

test.each([
  [
    'Nonsense/1',
    'subject: "Nonsense/1" is no reference; id, Type/id or an absolute URL is expected.',
  ],
  ['a b', 'subject: "a b" is no reference; id, Type/id or an absolute URL is expected.'],
  ['#p', 'subject: "#p" is no reference; id, Type/id or an absolute URL is expected.'],
])('subject=%s is invalid', (value, message) => {
  expect(() => parseTypeFilter('Observation', `subject=${value}`)).toThrow(
    expect.objectContaining({ code: 'invalid', message }) as Error,
  );
});

test('a type in the modifier and another in the value contradict each other', () => {
  expect(() => parseTypeFilter('Observation', 'subject:Patient=Group/1')).toThrow(
    'subject:Patient: "Group/1" is not a reference to Patient.',
  );
});
