import { withoutEndSlashes } from './without-end-slashes.ts';

test.each([
  ['https://a/b', 'https://a/b'],
  ['https://a/b/', 'https://a/b'],
  ['https://a//b///', 'https://a//b'],
  ['///', ''],
  ['', ''],
])('%s without slashes at its end is %s', (text, expected) => {
  expect(withoutEndSlashes(text)).toBe(expected);
});
