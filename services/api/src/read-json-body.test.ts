import type { ExportError } from '@sluice/export';
import { readJsonBody } from './read-json-body.ts';

const json = 'application/fhir+json';

test.each([
  ['no body', undefined, undefined],
  ['an empty body', Buffer.alloc(0), undefined],
  ['JSON', Buffer.from('{"a":"ä"}'), { a: 'ä' }],
  ['JSON behind a byte order mark', Buffer.from('\uFEFF{}'), {}],
])('%s is read', (_title, body, expected) => {
  expect(readJsonBody(body, json)).toEqual(expected);
});

test('a body of another type is left unread', () => {
  expect(readJsonBody(Buffer.from('<xml/>'), 'application/xml')).toBeInstanceOf(Buffer);
});

test.each([
  ['broken JSON', Buffer.from('{"a":')],
  ['text that is not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
])('%s is refused as a fault of structure', (_title, body) => {
  const issues = [expect.objectContaining({ code: 'structure' })];
  expect(() => readJsonBody(body, json)).toThrow(
    expect.objectContaining({ status: 400, issues }) as ExportError,
  );
});
