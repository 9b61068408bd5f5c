import { crc32c, crc32cText } from './crc32c.ts';

test.each([
  ['', 0],
  ['123456789', 0xe3069283],
  // RFC 3720, B.4: 32 bytes of zeros.
  ['\0'.repeat(32), 0x8a9136aa],
])('the sum of %j is as published', (text, sum) => {
  expect(crc32c(Buffer.from(text))).toBe(sum);
});

test('a sum goes on after any number of bytes, wherever they lie in memory', () => {
  const bytes = Buffer.from('The quick brown fox jumps over the lazy dog, again and again');
  const whole = crc32c(bytes);
  for (let at = 0; at <= bytes.length; at += 1) {
    expect(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at)))).toBe(whole);
  }
});

test('its text is what Google writes', () => {
  expect(crc32cText(crc32c(Buffer.from('123456789')))).toBe('4waSgw==');
});
