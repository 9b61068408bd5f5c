import fc from 'fast-check';
import { checkJsonBounds } from './json-bounds.ts';

const check = (text: string, maxDepth: number, maxValues?: number) =>
  checkJsonBounds(Buffer.from(text), {
    maxDepth,
    ...(maxValues === undefined ? {} : { maxValues }),
  });

describe('a text within its bounds is told to be', () => {
  test.each([
    ['1', 0, 1],
    ['{}', 1, 2],
    ['{"a":[]}', 2, 3],
    ['[1,2,3]', 1, 4],
    ['{"[[[[":"]]{{,,,"}', 1, 2],
    ['"\\"[[[["', 0, 1],
    ['["\\\\",[]]', 2, 4],
    ['', 0, 1],
  ])('%s', (text, maxDepth, maxValues) => {
    expect(check(text, maxDepth, maxValues)).toBeUndefined();
  });
});

test('the byte that goes too deep is named', () => {
  expect(check('{"é":[[1]]}', 2)).toEqual({ bound: 'depth', at: 7 });
  expect(check('["\\\\",[]]', 1)).toEqual({ bound: 'depth', at: 6 });
});

test('the byte that makes one value too many is named', () => {
  expect(check('[1,2,3]', 1, 3)).toEqual({ bound: 'values', at: 4 });
});

test('a million open brackets are refused without recursion', () => {
  expect(check('['.repeat(1e6), 1000)).toEqual({ bound: 'depth', at: 1000 });
  expect(check('{"a":'.repeat(1e6), 1000)).toEqual({ bound: 'depth', at: 5000 });
});

test('any JSON is as deep as it is nested, and has at least as many values as JSON.parse makes', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      const value = JSON.parse(text) as unknown;
      const depth = depthOf(value);
      expect(check(text, depth)).toBeUndefined();
      if (depth > 0) expect(check(text, depth - 1)?.bound).toBe('depth');
      if (depth > 0) expect(check(text, depth, countOf(value) - 1)?.bound).toBe('values');
      expect(check(text, depth, 2 * countOf(value))).toBeUndefined();
    }),
  );
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, each) => sum + countOf(each), 1);
}
