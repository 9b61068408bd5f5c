import { parseQuery, splitValue, unescapeValue } from './query.ts';
import { SearchError } from './search-error.ts';

test.each<[string, string, [string, string | undefined, string][]]>([
  ['one parameter', 'code=8867-4', [['code', undefined, '8867-4']]],
  ['a modifier', 'code:not=8867-4', [['code', 'not', '8867-4']]],
  [
    'several parameters, empty ones left out',
    'a=1&&b=2&',
    [
      ['a', undefined, '1'],
      ['b', undefined, '2'],
    ],
  ],
  [
    'a parameter twice',
    'date=ge2020&date=lt2021',
    [
      ['date', undefined, 'ge2020'],
      ['date', undefined, 'lt2021'],
    ],
  ],
  ['equals signs in the value', 'a=b=c', [['a', undefined, 'b=c']]],
  ['colons in the value', 'url=http://x.org/y', [['url', undefined, 'http://x.org/y']]],
  ['percent-encoding', 'name=M%C3%BCller', [['name', undefined, 'Müller']]],
  ['percent-encoding once only', 'name=%2541', [['name', undefined, '%41']]],
  ['a plus as a space', 'name=Anna+Maria', [['name', undefined, 'Anna Maria']]],
  ['an encoded plus as a plus', 'name=a%2Bb', [['name', undefined, 'a+b']]],
  ['an encoded colon before a modifier', 'code%3Anot=x', [['code', 'not', 'x']]],
  ['an encoded ampersand inside a value', 'name=a%26b', [['name', undefined, 'a&b']]],
  ['escapes left as they are', 'name=a%5C%2Cb', [['name', undefined, 'a\\,b']]],
  [
    'all that follows the first colon as the modifier',
    '_has:Observation:patient:code=x',
    [['_has', 'Observation:patient:code', 'x']],
  ],
])('reads %s', (_what, query, expected) => {
  expect(parseQuery(query).map(({ name, modifier, value }) => [name, modifier, value])).toEqual(
    expected,
  );
});

test.each([
  ['an empty query', '', 'The query is empty; name=value is expected after the "?".'],
  ['separators only', '&&', 'The query is empty; name=value is expected after the "?".'],
  ['a name without a value', 'code=', 'code has no value; name=value is expected.'],
  ['a name alone', 'code', 'code has no value; name=value is expected.'],
  ['a value without a name', '=x', '"=x" has no parameter name; name=value is expected.'],
  ['a broken escape', 'code=%', '"%" is not percent-encoded UTF-8.'],
  ['bytes that are no UTF-8', 'code=%C3', '"%C3" is not percent-encoded UTF-8.'],
])('%s is invalid', (_what, query, message) => {
  expect(() => parseQuery(query)).toThrow(
    expect.objectContaining({ code: 'invalid', message }) as Error,
  );
});

test.each(['\0', '\u0001', '\n', '\u007f', '\u009f', '\ud800', '\udc00'])(
  'text with %j in it is no search, wherever it stands and however it is written',
  (unusable) => {
    const texts = [
      unusable,
      ...(!/\p{Surrogate}/u.test(unusable) ? [encodeURIComponent(unusable)] : []),
    ];
    for (const text of texts) {
      for (const query of [
        `code=a${text}b`,
        `co${text}de=a`,
        `code:${text}=a`,
        `b=1&code=${text}`,
      ]) {
        expect(() => parseQuery(query)).toThrow(/control character or a lone surrogate/);
      }
    }
  },
);

test('a pair of surrogates is a character like any other', () => {
  expect(parseQuery('name=\u{1f600}%F0%9F%98%80')[0]?.value).toBe('\u{1f600}\u{1f600}');
});

test('a query of 16,384 characters is read, and a longer one refused', () => {
  const query = `name=${'a'.repeat(16_379)}`;
  expect(parseQuery(query)).toHaveLength(1);
  expect(() => parseQuery(`${query}a`)).toThrow(/16385 characters long; up to 16384 are accepted/);
});

test.each<[string, string[]]>([
  ['a,b', ['a', 'b']],
  ['a\\,b', ['a\\,b']],
  ['a\\\\,b', ['a\\\\', 'b']],
  ['a\\\\\\,b', ['a\\\\\\,b']],
  [',a,', ['', 'a', '']],
  ['a\\,b,c\\|d', ['a\\,b', 'c\\|d']],
])('%s has the values %j', (value, expected) => {
  expect(splitValue(value, ',')).toEqual(expected);
});

test.each([
  ['a\\,b', 'a,b'],
  ['a\\|b', 'a|b'],
  ['a\\$b', 'a$b'],
  ['a\\\\b', 'a\\b'],
  ['\\\\\\,', '\\,'],
  ['plain', 'plain'],
])('%s stands for %s', (piece, expected) => {
  expect(unescapeValue(piece, 'name')).toBe(expected);
});

test.each(['a\\b', 'a\\', '\\"'])('the escape in %s is invalid', (piece) => {
  expect(() => unescapeValue(piece, 'name')).toThrow(SearchError);
});
