import fc, { type Arbitrary } from 'fast-check';

/** Pieces that text is put together from, each of which has broken some program. */
const pieces = [
  '',
  ' ',
  '\0',
  '\u0001',
  '\u007f',
  '\u0085',
  '\u2028',
  '\ufeff',
  '\uffff',
  '\ud800',
  '\udfff\ud800',
  '😀',
  'é',
  'İ',
  'ﬃ',
  '\u202e',
  '\t',
  '\n',
  '\r\n',
  '%',
  '%0',
  '%00',
  '%2500',
  '%0a',
  '%zz',
  '%c0%80',
  '%ed%a0%80',
  '%f4%90%80%80',
  '%EF%BF%BE',
  '%5C',
  '+',
  '"',
  "'",
  '\\',
  '\\u0000',
  '\\ud800',
  '`',
  ';',
  ',',
  '|',
  '$',
  '&',
  '=',
  '?',
  '#',
  '/',
  '//',
  '../',
  '..%2f',
  ':',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '<',
  '*',
  "' or 1=1 --",
  '$1',
  '${x}',
  '__proto__',
  'constructor',
  'toString',
  'null',
  'undefined',
  'NaN',
  '0',
  '-1',
  '1e400',
  '9007199254740993',
  '99999999999999999999999999',
  '0x10',
  '2024',
  '2024-02-30',
  '2024-01-01T00:00:00Z',
  '2024-01-01T00:00:00.123456789+14:00',
  '9999-12-31T23:59:60Z',
  '0000-00-00',
  '-2024',
  'urn:uuid:0',
  'http://x',
  'Patient/zebra-1',
  'Group/one',
  'zebra-1',
  'one',
];

/** What is repeated to make a text long: what regular expressions and recursive parsers are slow on. */
const runs = [
  'a',
  ' ',
  '\t',
  ',',
  '(',
  '[',
  '{',
  '"',
  '\\',
  '%',
  '%25',
  '|',
  '$',
  '=',
  '&',
  'a=',
  ', ',
  ';q=',
  '\\,',
  'é',
  '\0',
];

/** Weights that favour what gets far into the program over noise. */
export function weighted<T>(...choices: (readonly [number, Arbitrary<T>])[]): Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

/** One of these as it is. */
export const oneOf = <T>(values: readonly T[]): Arbitrary<T> => fc.constantFrom(...values);

const piece = oneOf(pieces);

/** The same thing over and over, now and then as long as 64 KB. */
export const longText: Arbitrary<string> = fc
  .tuple(
    oneOf(runs),
    weighted(
      [6, fc.integer({ min: 10, max: 300 })],
      [2, fc.integer({ min: 300, max: 9000 })],
      [1, fc.integer({ min: 9000, max: 65_536 })],
    ),
  )
  .map(([run, length]) => run.repeat(Math.ceil(length / run.length)));

/** Text with something wrong with it. */
export const nastyText: Arbitrary<string> = weighted(
  [6, fc.array(piece, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))],
  [2, fc.string({ unit: 'binary', maxLength: 30 })],
  [1, longText],
);

/** A good value, most of the time, or one with something put into, before or behind it, or something else. */
export function around(good: Arbitrary<string>): Arbitrary<string> {
  const inside = fc
    .tuple(good, nastyText, fc.nat(40))
    .map(([text, more, at]) => text.slice(0, at) + more + text.slice(at));
  return weighted(
    [60, good],
    [4, fc.tuple(good, piece).map(([text, more]) => text + more)],
    [2, fc.tuple(good, piece).map(([text, more]) => more + text)],
    [2, inside],
    [4, nastyText],
  );
}

/** Percent-encoded; what is no Unicode becomes U+FFFD. */
export const encode = (text: string): string => encodeURIComponent(Buffer.from(text).toString());

/** As a URL carries it: encoded, as it is, or encoded twice. */
export const inUrl = (text: Arbitrary<string>): Arbitrary<string> =>
  fc
    .tuple(text, weighted([8, fc.constant(1)], [1, fc.constant(0)], [1, fc.constant(2)]))
    .map(([value, times]) => {
      let encoded = value;
      for (let n = 0; n < times; n += 1) encoded = encode(encoded);
      return encoded;
    });
