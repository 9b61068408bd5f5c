import fc from 'fast-check';
import { ExportError } from './errors.ts';
import { splitList } from './header-list.ts';
import { acceptsAny, parseWeighted } from './media-range.ts';
import { parsePrefer } from './prefer.ts';

test.each([
  ['a, b ,,c', ['a', 'b', '', 'c']],
  ['a="x,y", b', ['a="x,y"', 'b']],
  ['a="x\\",y", b', ['a="x\\",y"', 'b']],
  ['a="x, b', ['a="x, b']],
  ['', ['']],
])('%s is split into %j', (text, items) => {
  expect(splitList(text, ',')).toEqual(items);
});

test('lists without quotes are split at every separator', () => {
  const text = fc.string({ unit: fc.constantFrom('a', ' ', ',', ';', '\\') });
  fc.assert(
    fc.property(text, (list) => {
      expect(splitList(list, ',')).toEqual(list.split(',').map((item) => item.trim()));
    }),
  );
});

test('a weight without a type and an empty entry are no ranges', () => {
  expect(parseWeighted(';q=1, ,text/html;q=0.5')).toEqual([{ type: 'text/html', quality: 0.5 }]);
});

test('a comma in a quoted parameter of a media type ends no range', () => {
  expect(acceptsAny('text/html;x="a,*/*"', ['application/json'])).toBe(false);
});

test.each([
  ['Prefer', (text: string) => parsePrefer([text, text])],
  ['Accept', (text: string) => parseWeighted(`${text},${text}`)],
])(
  'a header %s of more than 2,048 characters is refused, and one of 2,048 is read',
  (name, read) => {
    const text = 'x'.repeat(1023);
    expect(() => read(text)).not.toThrow();
    const faults = `The header ${name} is 2049 characters long; accepted: up to 2048.`;
    expect(() => read(`${text}x`)).toThrow(new ExportError('invalid-parameter', faults));
  },
);
