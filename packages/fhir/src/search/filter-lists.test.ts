import fc from 'fast-check';
import { compileFilterLists, narrowFilterLists } from './filter-lists.ts';

const options = { baseUrl: 'https://example.org/fhir', nowMs: 0 };
const resource = (status: string, code: string): object => ({
  resourceType: 'Observation',
  status,
  code: { coding: [{ code }] },
});

test.each<[string, string[][], boolean]>([
  ['no list', [], true],
  ['an empty list', [[]], false],
  ['an empty list among others', [['status=final'], []], false],
  ['one of a list', [['status=amended', 'status=final']], true],
  ['one of each list', [['status=final'], ['code=b', 'code=a']], true],
  ['one of the first list alone', [['status=final'], ['code=b']], false],
])('a resource passes %s: %j', (_title, lists, passes) => {
  const test = compileFilterLists('Observation', lists, options);
  expect(test(resource('final', 'a'))).toBe(passes);
});

test('what passes is in one of each list', () => {
  const words = ['a', 'b', 'c', 'd'];
  const lists = fc.array(fc.array(fc.constantFrom(...words)), { maxLength: 3 });
  fc.assert(
    fc.property(lists, fc.constantFrom(...words), (codes, code) => {
      const queries = codes.map((list) => list.map((each) => `code=${each}`));
      const test = compileFilterLists('Observation', queries, options);
      expect(test(resource('final', code))).toBe(codes.every((list) => list.includes(code)));
    }),
  );
});

test('lists are narrowed side by side', () => {
  expect(narrowFilterLists('Patient', [['_id=a', '_id=b'], ['_id=c']])).toEqual({
    all: [{ id: ['a', 'b'] }, { id: ['c'] }],
  });
  expect(narrowFilterLists('Patient', [])).toEqual({ always: true });
  expect(narrowFilterLists('Patient', [[]])).toEqual({ any: [] });
});
