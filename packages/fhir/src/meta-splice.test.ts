import fc from 'fast-check';
import { ResourceTextError, spliceMeta, type SplicedResource } from './meta-splice.ts';

const inner = {
  none: '',
  'last-updated': '"lastUpdated":"T"',
  'version-and-last-updated': '"versionId":"V","lastUpdated":"T"',
};

const build = ({ head, tail, splice }: SplicedResource) =>
  `${head.toString()}${inner[splice]}${tail?.toString() ?? ''}`;
const keep = (text: string) => build(spliceMeta(Buffer.from(text), { stamp: false }));
const stamp = (text: string) => build(spliceMeta(Buffer.from(text), { stamp: true }));

const both = '"meta":{"versionId":"V","lastUpdated":"T"}';
const id = '"resourceType":"Patient","id":"1"';

describe('without stamp', () => {
  test.each([
    ['both given', `{${id},"meta":{"versionId":"3","lastUpdated":"L"}}`],
    ['only lastUpdated given', `{${id},"meta":{"lastUpdated":"L","tag":[]},"x":1.0}`],
  ])('a text is left as it is: %s', (_what, text) => {
    const body = Buffer.from(text);
    const result = spliceMeta(body, { stamp: false });
    expect(result).toEqual({ head: body, splice: 'none' });
    expect(result.head).toBe(body);
  });

  test.each([
    ['no meta', `{${id},"x":1.0}`, `{${id},${both},"x":1.0}`],
    ['no meta, nothing behind', `{${id}}`, `{${id},${both}}`],
    [
      'no meta, id first',
      '{"id":"1","resourceType":"Patient"}',
      `{"id":"1",${both},"resourceType":"Patient"}`,
    ],
    ['no meta, no id', '{"resourceType":"X","a":1}', `{"resourceType":"X",${both},"a":1}`],
    ['no meta, neither', '{"a":1}', `{${both},"a":1}`],
    ['nothing at all', '{}', `{${both}}`],
    ['an empty meta', `{${id},"meta":{}}`, `{${id},${both}}`],
    [
      'a versionId',
      `{${id},"meta":{"versionId":"3"}}`,
      `{${id},"meta":{"lastUpdated":"T","versionId":"3"}}`,
    ],
    [
      'a profile',
      `{"meta":{"profile":["p"]},${id}}`,
      `{"meta":{"versionId":"V","lastUpdated":"T","profile":["p"]},${id}}`,
    ],
    [
      'a meta further down',
      `{${id},"contained":[{"meta":{"lastUpdated":"L"}}]}`,
      `{${id},${both},"contained":[{"meta":{"lastUpdated":"L"}}]}`,
    ],
  ])('what is missing is written: %s', (_what, text, expected) => {
    expect(keep(text)).toBe(expected);
  });
});

describe('with stamp', () => {
  const gone = '"versionId":"V","lastUpdated":"T"';
  test.each([
    ['only members', '"versionId":"3","lastUpdated":"L"', gone],
    ['first', '"lastUpdated":"L","versionId":"3","tag":[]', `${gone},"tag":[]`],
    ['last', '"tag":[],"versionId":"3","lastUpdated":"L"', `${gone},"tag":[]`],
    [
      'in the middle',
      '"a":1,"lastUpdated":"L","b":2,"versionId":"3","c":1.0',
      `${gone},"a":1,"b":2,"c":1.0`,
    ],
    ['only one', '"lastUpdated":"L"', gone],
    ['neither', '"tag":[]', `${gone},"tag":[]`],
    ['none at all', '', gone],
  ])('the old members are replaced: %s', (_what, before, after) => {
    expect(stamp(`{${id},"meta":{${before}},"z":1}`)).toBe(`{${id},"meta":{${after}},"z":1}`);
  });

  test('a missing meta is written', () => {
    expect(stamp(`{${id}}`)).toBe(`{${id},${both}}`);
  });
});

test.each([
  ['meta twice', `{${id},"meta":{},"meta":{}}`],
  ['meta twice, once escaped', `{${id},"meta":{},"met\\u0061":{}}`],
  ['id twice', `{${id},"id":"2"}`],
  ['resourceType twice', `{${id},"resourceType":"Group"}`],
  ['lastUpdated twice', `{${id},"meta":{"lastUpdated":"A","lastUpdated":"B"}}`],
  ['versionId twice', `{${id},"meta":{"versionId":"A","versionId":"B"}}`],
  ['meta is an array', `{${id},"meta":[]}`],
  ['meta is null', `{${id},"meta":null}`],
])('a text that cannot be cut for certain is refused: %s', (_what, text) => {
  expect(() => keep(text)).toThrow(ResourceTextError);
  expect(() => stamp(text)).toThrow(ResourceTextError);
});

test('any resource reads as before but for the two members, which are there exactly once', () => {
  const metaObject = fc.record(
    { versionId: fc.string(), lastUpdated: fc.string(), tag: fc.jsonValue(), source: fc.string() },
    { requiredKeys: [] },
  );
  const resource = fc.record(
    {
      resourceType: fc.string(),
      id: fc.string(),
      meta: metaObject,
      x: fc.jsonValue(),
      'a"b': fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(resource, fc.boolean(), fc.func(fc.nat()), (value, stamped, order) => {
      // Members in any order: "meta" may stand first, last or between.
      const shuffled = Object.fromEntries(
        Object.entries(value).sort(([a], [b]) => order(a) - order(b)),
      );
      const before = JSON.parse(JSON.stringify(shuffled)) as { meta?: Record<string, unknown> };
      const result = spliceMeta(Buffer.from(JSON.stringify(shuffled)), { stamp: stamped });
      const keepsTime = !stamped && before.meta !== undefined && 'lastUpdated' in before.meta;
      const keepsVersion = !stamped && before.meta !== undefined && 'versionId' in before.meta;
      const expected = {
        ...before,
        meta: {
          ...before.meta,
          ...(!keepsTime && { lastUpdated: 'T' }),
          ...(!keepsTime && !keepsVersion && { versionId: 'V' }),
        },
      };
      expect(JSON.parse(build(result))).toEqual(expected);
      expect(spliceMeta(Buffer.from(build(result)), { stamp: false }).splice).toBe('none');
    }),
  );
});
