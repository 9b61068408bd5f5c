import { bothQueries } from './both-queries.ts';

test.each([
  [[], [], []],
  [['a=1'], [], ['a=1']],
  [[], ['b=2'], ['b=2']],
  [
    ['a=1', 'a=2'],
    ['b=1', 'b=2'],
    ['a=1&b=1', 'a=1&b=2', 'a=2&b=1', 'a=2&b=2'],
  ],
  [['a=1'], ['a=1'], ['a=1']],
  [[''], ['b=2'], ['b=2']],
])('of %j and %j both are %j', (a, b, expected) => {
  expect(bothQueries(a, b)).toEqual(expected);
});
