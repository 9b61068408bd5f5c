import { parseReference } from './reference.ts';

const base = 'https://example.org/fhir';

test.each([
  ['Patient/1', undefined],
  ['/Patient/1', undefined],
  ['Patient/1/_history/2', undefined],
  ['https://example.org/fhir/Patient/1', base],
  ['https://example.org/fhir/Patient/1/_history/2', `${base}/`],
])('%s names Patient 1', (text, baseUrl) => {
  expect(parseReference(text, baseUrl)).toEqual({ type: 'Patient', id: '1' });
});

test.each([
  ['an absolute reference when no base is known', 'https://example.org/fhir/Patient/1', undefined],
  ['a reference to another server', 'https://elsewhere.org/fhir/Patient/1', base],
  ['a base that is only a beginning of the name', 'https://example.org/fhirx/Patient/1', base],
  ['a contained resource', '#p', undefined],
  ['a urn', 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0', undefined],
  ['a conditional reference', 'Patient?identifier=x', undefined],
  ['an unknown type', 'Pat/1', undefined],
  ['an illegal id', 'Patient/a_b', undefined],
  ['a type alone', 'Patient', undefined],
  ['a history without a version', 'Patient/1/_history', undefined],
  ['an operation', 'Patient/1/$everything', undefined],
  ['more behind it', 'Patient/1/_history/2/3', undefined],
  ['nothing', '', undefined],
])('%s is no reference to a resource here', (_what, text, baseUrl) => {
  expect(parseReference(text, baseUrl)).toBeUndefined();
});
