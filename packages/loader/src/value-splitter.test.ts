import fc from 'fast-check';
import { type SequenceState, ValueSplitter } from './value-splitter.ts';

function split(text: string | Buffer, chunkBytes = 1024, maxValueBytes = 1024 * 1024) {
  const bytes = Buffer.from(text);
  const splitter = new ValueSplitter({ firstLine: 1, maxValueBytes });
  const values: [number, string | undefined][] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    for (const { line, bytes: value } of splitter.push(bytes.subarray(at, at + chunkBytes))) {
      values.push([line, value?.toString()]);
    }
  }
  return { values, state: splitter.state };
}

test('values behind one another are given with their lines', () => {
  expect(split('\u{feff}\n{\n"a": 1\n}\n\n{"b":[\n{}]} {"c":"}\\""}').values).toEqual([
    [2, '{\n"a": 1\n}'],
    [6, '{"b":[\n{}]}'],
    [7, '{"c":"}\\""}'],
  ]);
});

test('of an array at the top the items are given', () => {
  expect(split('[\n{"a":1},\n 2 ,[3,{}],"x",true]\n').values).toEqual([
    [2, '{"a":1}'],
    [3, '2'],
    [3, '[3,{}]'],
    [3, '"x"'],
    [3, 'true'],
  ]);
});

test('a value that is too long is reported, the others are kept', () => {
  expect(split('{"a":1}\n{"a":123456}\n{"b":2}', 3, 8).values).toEqual([
    [1, '{"a":1}'],
    [2, undefined],
    [3, '{"b":2}'],
  ]);
});

test.each<[string, SequenceState]>([
  ['', 'complete'],
  ['{}', 'complete'],
  ['[]\n[{}]', 'complete'],
  ['{"a":', 'cut-off'],
  ['[{"a":1},', 'cut-off'],
  ['{"a":"x', 'cut-off'],
  ['{"resourceType":"Patient","contained":[\n{"id":"o"}\n', 'cut-off'],
  ['{"a":\n{"b":1}\n{"b":2}', 'invalid'],
  ['{"a":1,}', 'invalid'],
  ['{"a" 1}', 'invalid'],
  ['{"a":"x\n"}', 'invalid'],
  ['[{} {}]', 'invalid'],
  ['[}', 'invalid'],
  ['}', 'invalid'],
  ['{},{}', 'invalid'],
  ['<html>', 'invalid'],
  ['[{"a":.}]', 'complete'],
])('%j is %s', (text, state) => {
  expect(split(text).state).toBe(state);
});

test('what is nested far too deep is given up', () => {
  expect(split('['.repeat(10_000)).state).toBe('invalid');
});

test('any objects, printed in any way and cut anywhere, come out as they are', () => {
  const space = fc.constantFrom(undefined, 1, 4, '\t');
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(
      fc.array(fc.tuple(object, space), { maxLength: 5 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 50 }),
      (objects, inArray, chunkBytes) => {
        const texts = objects.map(([value, indent]) => JSON.stringify(value, undefined, indent));
        const text = inArray ? `[${texts.join(' ,\n')}]` : texts.join('\n');
        const { values, state } = split(text, chunkBytes);
        expect(values.map(([, value]) => value)).toEqual(texts);
        expect(state).toBe('complete');
      },
    ),
  );
});
