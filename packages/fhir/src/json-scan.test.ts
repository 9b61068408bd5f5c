import fc from 'fast-check';
import { scanArray, scanObject } from './json-scan.ts';

const slice = (bytes: Buffer, span: { start: number; end: number }) =>
  bytes.toString('utf8', span.start, span.end);

test('members are found with their names and the text of their values, repeats included', () => {
  const bytes = Buffer.from(' { "a" : [1, {"a":2}] , "\\u0061":"}\\"",\n"b":1.0 , "é":{} } ');
  expect(scanObject(bytes).map(({ name, value }) => [name, slice(bytes, value)])).toEqual([
    ['a', '[1, {"a":2}]'],
    ['a', '"}\\""'],
    ['b', '1.0'],
    ['é', '{}'],
  ]);
});

test('an empty object has no members and an empty array no items', () => {
  expect(scanObject(Buffer.from('{ }'))).toEqual([]);
  expect(scanArray(Buffer.from(' [\n]'))).toEqual([]);
});

test.each(['', '[]', '{"a"}', '{"a":}', '{"a":1', '{"a":"x', '{"a":[1}', '{a:1}', '{"a":1,'])(
  '%j is given up with a SyntaxError',
  (text) => {
    expect(() => scanObject(Buffer.from(text))).toThrow(SyntaxError);
  },
);

test('deep nesting is no trouble', () => {
  const depth = 200_000;
  const bytes = Buffer.from(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  expect(scanObject(bytes)).toHaveLength(1);
});

test('the spans of any object and any array hold the values JSON.parse finds', () => {
  const anyJson = fc.tuple(fc.jsonValue(), fc.constantFrom(0, 2, '\t'));
  fc.assert(
    fc.property(fc.array(anyJson), ([...values]) => {
      for (const [, indent] of values) {
        const items = values.map(([value]) => value);
        const bytes = Buffer.from(JSON.stringify(items, undefined, indent));
        const found = scanArray(bytes).map((span): unknown => JSON.parse(slice(bytes, span)));
        expect(found).toEqual(JSON.parse(bytes.toString()));
      }
    }),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const bytes = Buffer.from(JSON.stringify(object, undefined, 1));
      const found = scanObject(bytes).map(({ name, value }) => [
        name,
        JSON.parse(slice(bytes, value)) as unknown,
      ]);
      expect(found).toEqual(Object.entries(JSON.parse(bytes.toString()) as object));
    }),
  );
});

test('only members of the names asked for are listed, however the names are written', () => {
  const bytes = Buffer.from('{"atem":1,"m\\u0065ta":2,"id":"x","meta":3,"other":{"meta":4}}');
  const found = scanObject(bytes, 0, ['id', 'meta']);
  expect(
    found.map(({ name, value }) => [name, bytes.toString('utf8', value.start, value.end)]),
  ).toEqual([
    ['meta', '2'],
    ['id', '"x"'],
    ['meta', '3'],
  ]);
});
