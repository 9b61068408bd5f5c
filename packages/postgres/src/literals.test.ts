import { text, texts } from './literals.ts';

test('a text is quoted', () => {
  expect(text("it's")).toBe("'it''s'");
  expect(text('a\\b')).toBe(" E'a\\\\b'");
});

test('a text with a NUL is no literal, alone or in a list', () => {
  expect(() => text('a\0b')).toThrow(RangeError);
  expect(() => texts(['a', 'b\0'])).toThrow(RangeError);
});
