import fc from 'fast-check';
import { recordable, recordableText } from './recordable.ts';

test.each([
  ['plain', 'plain'],
  ['a\0b', 'a\ufffdb'],
  ['line\nfeed\u0085', 'line\ufffdfeed\ufffd'],
  ['half \ud83d', 'half \ufffd'],
  ['whole \ud83d\ude00', 'whole \ud83d\ude00'],
  ['x'.repeat(2003), `${'x'.repeat(2000)}… 3 more`],
  // Cut in the middle of a pair.
  [`${'x'.repeat(1999)}\ud83d\ude00`, `${'x'.repeat(1999)}\ufffd… 1 more`],
])('%j is recorded as %j', (text, expected) => {
  expect(recordableText(text)).toBe(expected);
});

test('long lists and objects are cut, and counted', () => {
  const { list, object } = recordable({
    list: Array.from({ length: 103 }, (_, n) => n),
    object: Object.fromEntries(Array.from({ length: 102 }, (_, n) => [`m${n}`, n])),
  }) as { list: unknown[]; object: Record<string, unknown> };
  expect([list.length, list.at(-1)]).toEqual([101, '… 3 more']);
  expect([Object.keys(object).length, object['…']]).toEqual([101, '2 more']);
});

test('whatever is recorded is JSON that Postgres takes', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\0', '\ud800', 'a'.repeat(2001)),
  );
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 6 },
      text,
      fc.double(),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(text, tie('any'), { maxKeys: 4 }),
    ),
  })).any;
  fc.assert(
    fc.property(value, (given) => {
      const json = JSON.stringify(recordable(given)) ?? '';
      expect(/\\u(0000|d[89a-f])/i.test(json.replaceAll('\\\\', ''))).toBe(false);
    }),
    { numRuns: 300 },
  );
});
