import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { GzipError, inflate } from './inflate.ts';

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

async function collect(source: AsyncIterable<Buffer>) {
  const parts: Buffer[] = [];
  let error: unknown;
  try {
    for await (const part of source) {
      parts.push(part);
    }
  } catch (caught) {
    error = caught;
  }
  return { bytes: Buffer.concat(parts), error };
}

const plain = Buffer.from(randomBytes(200_000).toString('base64'));

test.each([1000, 65_536, 1_000_000])('data in pieces of %d bytes is unpacked', async (size) => {
  const { bytes, error } = await collect(inflate(pieces(gzipSync(plain), size)));
  expect(error).toBeUndefined();
  expect(bytes.equals(plain)).toBe(true);
});

test('members behind one another are unpacked as one', async () => {
  const packed = Buffer.concat([gzipSync('a'), gzipSync('b')]);
  expect((await collect(inflate(pieces(packed, 7)))).bytes.toString()).toBe('ab');
});

test('what came before the data breaks off is there before the error', async () => {
  const packed = gzipSync(plain);
  const { bytes, error } = await collect(inflate(pieces(packed.subarray(0, -1000), 4096)));
  expect(error).toBeInstanceOf(GzipError);
  expect(error).toHaveProperty('message', 'the gzip data ends too early');
  expect(bytes.length).toBeGreaterThan(plain.length - 5000);
  expect(bytes.equals(plain.subarray(0, bytes.length))).toBe(true);
});

test('damaged data is told from data that breaks off', async () => {
  const packed = gzipSync(plain);
  packed.fill(0xff, 100_000, 101_000);
  const { error } = await collect(inflate(pieces(packed, 4096)));
  expect(error).toHaveProperty('message', 'the gzip data is damaged');
});

test('a reader that stops early leaves nothing open', async () => {
  for await (const part of inflate(pieces(gzipSync(plain), 4096))) {
    expect(part.length).toBeGreaterThan(0);
    break;
  }
});
