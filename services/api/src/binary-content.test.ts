import { binaryContent, mayBeShown, wantsContent } from './binary-content.ts';

test.each([
  [undefined, 'content'],
  ['', 'content'],
  ['*/*', 'content'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'content'],
  ['application/pdf', 'content'],
  ['image/png', 'content'],
  ['application/fhir+json', 'resource'],
  ['application/FHIR+JSON; fhirVersion=4.0', 'resource'],
  ['application/json+fhir', 'resource'],
  ['application/json', 'resource'],
  ['application/fhir+json, */*', 'resource'],
  ['application/fhir+json, application/pdf', 'resource'],
  ['application/fhir+json;q=0.5, application/pdf', 'content'],
  ['application/fhir+json;q=0', 'content'],
  ['application/fhir+xml, application/pdf;q=0.1', 'content'],
])('with Accept %p a PDF is answered as %s', (accept, expected) => {
  const content = wantsContent(accept, '', 'application/pdf');
  expect(content ? 'content' : 'resource').toBe(expected);
});

test('the plain name of JSON means content that is JSON itself, and the name of FHIR JSON the resource', () => {
  expect(wantsContent('application/json', '', 'application/json; charset=utf-8')).toBe(true);
  expect(wantsContent('application/json', '', 'application/geo+json')).toBe(true);
  expect(wantsContent('application/fhir+json', '', 'application/fhir+json')).toBe(false);
});

test('_format comes before Accept', () => {
  expect(wantsContent('application/pdf', '_format=json', 'application/pdf')).toBe(false);
  expect(() => wantsContent('*/*', '_format=xml', 'application/pdf')).toThrow(/Only JSON/);
});

test('who wants another FHIR format and nothing else is told so, unless the content is of that format', () => {
  expect(() => wantsContent('application/fhir+xml', '', 'application/pdf')).toThrow(/only JSON/);
  expect(wantsContent('application/fhir+xml', '', 'application/fhir+xml')).toBe(true);
});

test('content is taken out as bytes', () => {
  const body = JSON.stringify({ contentType: 'text/plain; charset=utf-8', data: 'w6Q=' });
  expect(binaryContent(body)).toEqual({
    contentType: 'text/plain; charset=utf-8',
    bytes: Buffer.from('ä'),
  });
});

test.each([
  [{ data: 'AA==' }, 'application/octet-stream', 1],
  [{ contentType: 'nonsense' }, 'application/octet-stream', 0],
  [{ contentType: 'text/html\r\nSet-Cookie: a=b' }, 'application/octet-stream', 0],
  [{ contentType: 'text/plain', data: 7 }, 'text/plain', 0],
])('a Binary that is not valid, %j, is answered as %s', (resource, contentType, length) => {
  const content = binaryContent(JSON.stringify(resource));
  expect([content.contentType, content.bytes.length]).toEqual([contentType, length]);
});

test.each([
  ['application/pdf', true],
  ['IMAGE/PNG', true],
  ['text/plain; charset=utf-8', true],
  ['video/mp4', true],
  ['text/html', false],
  ['text/html; charset=utf-8', false],
  ['application/xhtml+xml', false],
  ['image/svg+xml', false],
  ['application/xml', false],
  ['text/javascript', false],
  ['application/octet-stream', false],
])('a browser may show %s: %p', (contentType, expected) => {
  expect(mayBeShown(contentType)).toBe(expected);
});
