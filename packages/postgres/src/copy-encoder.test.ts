import { CopyEncoder } from './copy-encoder.ts';

const hex = (encoder: CopyEncoder): string => encoder.take().toString('hex');
const encoder = (): CopyEncoder => new CopyEncoder(1);

test('a copy begins with its signature and ends with its trailer', () => {
  expect(hex(encoder().begin().row(2).end())).toBe(
    '5047434f50590aff0d0a0000000000000000000002ffff',
  );
});

test('values come with their lengths, nothing with -1', () => {
  expect(hex(encoder().integer(258))).toBe('0000000400000102');
  expect(hex(encoder().boolean(true).boolean(false))).toBe('00000001010000000100');
  expect(hex(encoder().text('é'))).toBe('00000002c3a9');
  expect(hex(encoder().bytes(Buffer.from('ab')))).toBe('000000026162');
  expect(hex(encoder().text(undefined).bytes(undefined).timestamp(undefined))).toBe('f'.repeat(24));
});

test('lists of text have one dimension, or none when they are empty', () => {
  expect(hex(encoder().textArray([]))).toBe('0000000c000000000000000000000019');
  expect(hex(encoder().textArray(['p']))).toBe(
    '00000019000000010000000000000019000000010000000100000001' + '70',
  );
});

test.each([
  ['2000-01-01T00:00:00Z', 0n],
  ['2000-01-01T00:00:00.000001Z', 1n],
  ['1999-12-31T23:59:59.5Z', -500_000n],
  ['9999-12-31T23:59:59.999999Z', 252_455_615_999_999_999n],
  ['0001-01-01T00:00:00.000001Z', -63_082_281_599_999_999n],
])('%s is exact', (text, micros) => {
  const bytes = encoder().timestamp(text).take();
  expect([bytes.readInt32BE(0), bytes.readBigInt64BE(4)]).toEqual([8, micros]);
});

test.each([
  '2000-01-01',
  '2000-13-01T00:00:00Z',
  '2000-01-01T00:00:00+01:00',
  '2000-01-01T00:00:00.1234567Z',
])('%s is refused', (text) => {
  expect(() => encoder().timestamp(text)).toThrow(RangeError);
});

test('what was taken is left alone by what comes after', () => {
  const one = encoder().text('first');
  const bytes = one.take();
  one.text('other');
  expect(bytes.toString('latin1', 4)).toBe('first');
  expect(one.length).toBe(9);
});
