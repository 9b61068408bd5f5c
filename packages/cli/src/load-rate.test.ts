import { LoadRate } from './load-rate.ts';

test.each([
  [0.5, 100, 0.1, '100 resources'],
  [10, 0, 0.1, '0 resources'],
  [10, 41_000, 0.25, '41,000 resources, 4,100/s, 30 s left'],
  [100, 41_000, 0.25, '41,000 resources, 410/s, 5 min left'],
  [10_000, 41_000, 0.25, '41,000 resources, 4/s, 9 h left'],
  [10, 41_000, 1, '41,000 resources, 4,100/s, 0 s left'],
])('after %d s with %d resources, at %d: %s', (seconds, resources, share, text) => {
  let now = 0;
  const rate = new LoadRate(() => now);
  now = seconds * 1000;
  expect(rate.describe(resources, share)).toBe(text);
});
