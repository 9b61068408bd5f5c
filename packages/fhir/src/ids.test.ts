import { isId, isVersionId } from './ids.ts';

test.each(['1', 'a-b.C', 'x'.repeat(64)])('%j is an id', (text) => {
  expect(isId(text)).toBe(true);
  expect(isVersionId(text)).toBe(true);
});

test.each(['', 'x'.repeat(65), 'a b', 'a/b', 'a_b', 'é', '1\n', '#1'])('%j is none', (text) => {
  expect(isId(text)).toBe(false);
  expect(isVersionId(text)).toBe(false);
});
