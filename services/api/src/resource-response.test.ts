import { resourceResponse, type ReadVersion } from './resource-response.ts';

const patient: ReadVersion = {
  type: 'Patient',
  body: '{"resourceType":"Patient","id":"a","multipleBirthInteger":1.0}',
  versionId: '3',
  lastUpdated: '2026-01-02T03:04:05.678901Z',
};
const binary: ReadVersion = {
  ...patient,
  type: 'Binary',
  body: '{"resourceType":"Binary","id":"b","contentType":"text/html","data":"PGI+"}',
};

test('a resource is answered as it is stored, with its version and when it changed', () => {
  expect(resourceResponse({ headers: {}, query: '' }, patient)).toEqual({
    status: 200,
    headers: {
      'Content-Type': 'application/fhir+json',
      'Content-Length': String(patient.body.length),
      ETag: 'W/"3"',
      'Last-Modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
    },
    body: Buffer.from(patient.body),
  });
});

test.each([
  [{ 'if-none-match': 'W/"3"' }, 304],
  [{ 'if-none-match': '"2", "3"' }, 304],
  [{ 'if-none-match': '*' }, 304],
  [{ 'if-none-match': 'W/"2"' }, 200],
  [{ 'if-modified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' }, 304],
  [{ 'if-modified-since': 'Fri, 02 Jan 2026 03:04:04 GMT' }, 200],
  [{ 'if-none-match': '"2"', 'if-modified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' }, 200],
])('a read with %j is answered %i', (headers, status) => {
  const answer = resourceResponse({ headers, query: '' }, patient);
  expect([answer.status, answer.body === undefined]).toEqual([status, status === 304]);
  expect(answer.headers).toHaveProperty('ETag', 'W/"3"');
});

test('a resource is to be had as JSON only', () => {
  const xml = { headers: { accept: 'application/fhir+xml' }, query: '' };
  expect(() => resourceResponse(xml, patient)).toThrow(/accepted: application\/fhir\+json/);
  expect(
    resourceResponse({ ...xml, query: '_format=application/fhir%2Bjson' }, patient).status,
  ).toBe(200);
});

test('the content of a Binary that could run script is for saving, not for showing', () => {
  const { headers, body } = resourceResponse({ headers: {}, query: '' }, binary);
  expect(headers).toMatchObject({
    'Content-Type': 'text/html',
    'Content-Length': '3',
    'Content-Disposition': 'attachment',
    'X-Content-Type-Options': 'nosniff',
    Vary: 'Accept',
  });
  expect(body?.toString()).toBe('<b>');
});

test('a Binary is a resource for who asks for FHIR JSON', () => {
  const json = { headers: { accept: 'application/fhir+json' }, query: '' };
  const { headers, body } = resourceResponse(json, binary);
  expect(headers).toMatchObject({ 'Content-Type': 'application/fhir+json', Vary: 'Accept' });
  expect(headers).not.toHaveProperty('Content-Disposition');
  expect(body?.toString()).toBe(binary.body);
});
