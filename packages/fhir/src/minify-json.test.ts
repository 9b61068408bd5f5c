import fc from 'fast-check';
import { minifyJson } from './minify-json.ts';

const minify = (text: string) => minifyJson(Buffer.from(text)).toString();

test.each([
  ['{ "a" : 1.0 }', '{"a":1.0}'],
  ['{\r\n\t"a": [ 1e5 , -0.00 ]\n}\n', '{"a":[1e5,-0.00]}'],
  ['{"a": "x  y\\" z\\\\" , "b": "\\u0020 "}', '{"a":"x  y\\" z\\\\","b":"\\u0020 "}'],
  ['["\u2028 é 😀", 12345678901234567890.10]', '["\u2028 é 😀",12345678901234567890.10]'],
])('%j becomes %j', (text, expected) => {
  expect(minify(text)).toBe(expected);
});

test('a text without white space outside strings comes back as the same buffer', () => {
  const bytes = Buffer.from('{"a":"x y","b":["\\" "]}');
  expect(minifyJson(bytes)).toBe(bytes);
});

test('any value, however indented, becomes what JSON.stringify writes without indent', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\t', '    '), (value, indent) => {
      const bytes = Buffer.from(JSON.stringify(value, undefined, indent));
      expect(minifyJson(bytes).toString()).toBe(JSON.stringify(value));
    }),
  );
});

test('the text of a number is kept', () => {
  const numberText = fc
    .tuple(
      fc.integer({ min: -999, max: 999 }),
      fc.stringMatching(/^(\.\d{1,25})?([eE][+-]?\d{1,2})?$/),
    )
    .map(([whole, rest]) => `${whole}${rest}`);
  fc.assert(
    fc.property(fc.array(numberText), (numbers) => {
      expect(minify(`{ "n" :[ ${numbers.join(' ,\n')} ] }`)).toBe(`{"n":[${numbers.join(',')}]}`);
    }),
  );
});
