import { kickOffQuestion, type ExportRequest } from './kick-off.ts';

const base = 'http://x/fhir';
const everything: ExportRequest = {
  base,
  level: 'group',
  group: 'a b',
  types: ['Patient', 'Observation'],
  since: '2026-01-01T00:00:00+01:00',
  until: '2026-02-01T00:00:00Z',
  typeFilters: [
    'Observation?code=http%3A%2F%2Floinc.org|8867-4,x&date=ge2025',
    'Patient?active=true',
  ],
  elements: ['id', 'Patient.birthDate'],
  associated: ['LatestProvenanceResources', '_history'],
  outputFormat: 'gzip',
  lenient: true,
};

test('options go by GET, each value percent-encoded once more than it is', () => {
  const { url, question } = kickOffQuestion(everything);
  expect(question).toEqual({
    headers: { Accept: 'application/fhir+json', Prefer: 'respond-async, handling=lenient' },
  });
  expect(url.slice(0, url.indexOf('?'))).toBe(`${base}/Group/a%20b/$export`);
  expect([...new URL(url).searchParams]).toEqual([
    ['_type', 'Patient,Observation'],
    ['_since', '2026-01-01T00:00:00+01:00'],
    ['_until', '2026-02-01T00:00:00Z'],
    ['_typeFilter', 'Observation?code=http%3A%2F%2Floinc.org|8867-4,x&date=ge2025'],
    ['_typeFilter', 'Patient?active=true'],
    ['_elements', 'id,Patient.birthDate'],
    ['includeAssociatedData', 'LatestProvenanceResources'],
    ['includeAssociatedData', '_history'],
    ['_outputFormat', 'application/fhir+ndjson+gzip'],
  ]);
});

test('patients go by POST, as references, with everything else beside them', () => {
  const { url, question } = kickOffQuestion({ ...everything, patients: ['1', 'Patient/2'] });
  expect([url, question.method]).toEqual([`${base}/Group/a%20b/$export`, 'POST']);
  expect(question.headers).toMatchObject({ 'Content-Type': 'application/fhir+json' });
  expect(JSON.parse(question.body ?? '')).toEqual({
    resourceType: 'Parameters',
    parameter: [
      { name: '_type', valueString: 'Patient,Observation' },
      { name: '_since', valueInstant: '2026-01-01T00:00:00+01:00' },
      { name: '_until', valueInstant: '2026-02-01T00:00:00Z' },
      {
        name: '_typeFilter',
        valueString: 'Observation?code=http%3A%2F%2Floinc.org|8867-4,x&date=ge2025',
      },
      { name: '_typeFilter', valueString: 'Patient?active=true' },
      { name: '_elements', valueString: 'id,Patient.birthDate' },
      { name: 'includeAssociatedData', valueCode: 'LatestProvenanceResources' },
      { name: 'includeAssociatedData', valueCode: '_history' },
      { name: '_outputFormat', valueString: 'application/fhir+ndjson+gzip' },
      { name: 'patient', valueReference: { reference: 'Patient/1' } },
      { name: 'patient', valueReference: { reference: 'Patient/2' } },
    ],
  });
});

test('what is too long for a URL goes by POST', () => {
  const codes = Array.from({ length: 300 }, (_, n) => `code-${n}`).join(',');
  const { url, question } = kickOffQuestion({
    base,
    level: 'system',
    typeFilters: [`Observation?code=${codes}`],
  });
  expect([url, question.method]).toEqual([`${base}/$export`, 'POST']);
  expect(question.body).toContain(codes);
});

test('without options nothing is added to the URL', () => {
  expect(kickOffQuestion({ base, level: 'patient' }).url).toBe(`${base}/Patient/$export`);
});
