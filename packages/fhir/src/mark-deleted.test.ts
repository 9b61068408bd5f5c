import { markDeleted } from './mark-deleted.ts';

const mark =
  '{"url":"http://azurehealthcareapis.com/data-extensions/deleted-state","valueString":"soft-deleted"}';

test.each([
  [
    '{"resourceType":"Patient","id":"1","meta":{"versionId":"2"},"name":[{"family":"Ö\\u00e9"}]}',
    `{"resourceType":"Patient","id":"1","meta":{"versionId":"2","extension":[${mark}]},"name":[{"family":"Ö\\u00e9"}]}`,
  ],
  [
    '{"resourceType":"Patient","id":"1","meta":{"extension":[{"url":"u"}],"versionId":"2"}}',
    `{"resourceType":"Patient","id":"1","meta":{"extension":[{"url":"u"},${mark}],"versionId":"2"}}`,
  ],
])('%s gets the mark of a deleted resource', (text, expected) => {
  expect(markDeleted(Buffer.from(text)).toString()).toBe(expected);
});

test('a resource is not marked twice', () => {
  const once = markDeleted(Buffer.from('{"resourceType":"Patient","id":"1","meta":{}}'));
  expect(markDeleted(once)).toBe(once);
});
