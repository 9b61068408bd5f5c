import { readResource } from './read-resource.ts';
import { tidyMeta } from './tidy-meta.ts';

const tidy = (meta: object) => {
  const text = JSON.stringify({ resourceType: 'Patient', id: '1', meta, n: 1 });
  const { bytes, resource } = tidyMeta(readResource(Buffer.from(text)));
  const read = JSON.parse(bytes.toString()) as { meta: Record<string, unknown> };
  const { versionId, lastUpdated } = resource['meta'] as Record<string, unknown>;
  expect({ versionId, lastUpdated }).toEqual({
    versionId: read.meta['versionId'],
    lastUpdated: read.meta['lastUpdated'],
  });
  return read.meta;
};

test.each<[unknown, string | undefined]>([
  ['7', '7'],
  [1, '1'],
  ['W/"1"', '1'],
  ['"a-1"', 'a-1'],
  ['', undefined],
  ['a_b', undefined],
  [null, undefined],
  [1.5, undefined],
])('the version %j becomes %j', (versionId, expected) => {
  expect(tidy({ versionId, tag: [{ code: 'x' }] })).toEqual({
    ...(expected !== undefined && { versionId: expected }),
    tag: [{ code: 'x' }],
  });
});

test.each<[unknown, string | undefined]>([
  ['2020-01-01T00:00:00.5Z', '2020-01-01T00:00:00.5Z'],
  ['2020-01-01T00:00:00+0000', '2020-01-01T00:00:00+00:00'],
  ['2020-01-01T00:00:00.123-0530', '2020-01-01T00:00:00.123-05:30'],
  ['2020-01-01T00:00:00', '2020-01-01T00:00:00Z'],
  ['2020-01-01 00:00:00', '2020-01-01T00:00:00Z'],
  ['2020-01-01T10:00', '2020-01-01T10:00:00Z'],
  ['2020-01-01', '2020-01-01T00:00:00Z'],
  ['2020-02-30', undefined],
  ['yesterday', undefined],
  [1577836800, undefined],
])('the instant %j becomes %j', (lastUpdated, expected) => {
  expect(tidy({ lastUpdated })).toEqual({
    ...(expected !== undefined && { lastUpdated: expected }),
  });
});

test('a resource with nothing to tidy is left alone', () => {
  const read = readResource(
    Buffer.from('{"resourceType":"Patient","id":"1","meta":{"versionId":"1"}}'),
  );
  expect(tidyMeta(read)).toBe(read);
});
