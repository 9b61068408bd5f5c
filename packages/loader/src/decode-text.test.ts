import fc from 'fast-check';
import { decodeText } from './decode-text.ts';
import { UnreadableError } from './recognize-bytes.ts';

async function decode(bytes: Buffer, chunkBytes = 64 * 1024): Promise<string> {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      yield await Promise.resolve(bytes.subarray(at, at + chunkBytes));
    }
  }
  const pieces: Buffer[] = [];
  for await (const piece of decodeText(chunks())) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16();
const line = '{"resourceType":"Patient","id":"1","name":"Ü \u{1f600}"}\n';

test.each<[string, Buffer]>([
  ['UTF-8', Buffer.from(line)],
  ['UTF-16 with a mark', Buffer.from(`\u{feff}${line}`, 'utf16le')],
  ['UTF-16 without one', Buffer.from(line, 'utf16le')],
  ['UTF-16, big-endian, with a mark', bigEndian(`\u{feff}${line}`)],
  ['UTF-16, big-endian, without one', bigEndian(line)],
  ['nothing', Buffer.alloc(0)],
])('%s comes as UTF-8', async (_what, bytes) => {
  expect(await decode(bytes)).toBe(bytes.length === 0 ? '' : line);
});

test('any text in UTF-16 comes as UTF-8 however it is cut', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 500 });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 700 }), async (value, chunkBytes) => {
      expect(await decode(Buffer.from(`\u{feff}[${value}`, 'utf16le'), chunkBytes)).toBe(
        `[${value}`,
      );
    }),
  );
});

test.each<[string, Buffer, string]>([
  [
    'UTF-16 that is cut off',
    Buffer.from(`\u{feff}${line}`, 'utf16le').subarray(0, -1),
    'UTF-16 is damaged',
  ],
  ['ZIP', Buffer.from('PK\x03\x04…'), 'a ZIP archive'],
  ['bzip2', Buffer.from('BZh91AY'), 'packed by bzip2'],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), 'packed by zstd'],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), 'packed by xz'],
  [
    'tar',
    Buffer.concat([
      Buffer.from('a.ndjson'.padEnd(257, '\0')),
      Buffer.from('ustar\0'.padEnd(255, '\0')),
    ]),
    'a tar archive',
  ],
  [
    'a pointer',
    Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'),
    'git lfs pull',
  ],
  ['XML', Buffer.from('\u{feff}<?xml version="1.0"?><Patient/>'), 'XML: convert'],
  ['HTML', Buffer.from('<!DOCTYPE html><title>Log in</title>'), 'an HTML page'],
])('%s is named', async (_what, bytes, message) => {
  const reading = decode(bytes, 7);
  await expect(reading).rejects.toThrow(UnreadableError);
  await expect(reading).rejects.toThrow(message);
});
