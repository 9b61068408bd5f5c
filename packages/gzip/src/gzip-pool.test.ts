import { execFileSync } from 'node:child_process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { crc32, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { createGzipPool, type GzipPool } from './gzip-pool.ts';

const megabyte = 1 << 20;
let pool: GzipPool;

beforeAll(() => {
  pool = createGzipPool({ threads: 2 });
});
afterAll(() => pool.close());

async function roundTrip(bytes: Buffer): Promise<Buffer> {
  const member = await pool.compress(bytes);
  // Not by `toEqual`, which takes seconds for a megabyte.
  if (!gunzipSync(member).equals(bytes)) throw new Error(`${bytes.length} bytes came back changed`);
  return member;
}

/** Bytes that look random and are the same each time. */
function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** NDJSON of resources that resemble each other. */
function ndjson(lines: number): Buffer {
  const line = (n: number): string =>
    `{"resourceType":"Observation","id":"${crc32(`${n}`).toString(16)}-${n}","status":"final","subject":{"reference":"Patient/${crc32(`p${n % 50}`)}"},"valueQuantity":{"value":${(n * 7919) % 997}.0,"unit":"mg/dL","system":"http://unitsofmeasure.org"}}\n`;
  return Buffer.from(Array.from({ length: lines }, (_, n) => line(n)).join(''));
}

/** Around every limit: what is searched, lengths of matches, stored blocks, the window, members. */
const lengths = [
  0,
  1,
  2,
  3,
  7,
  8,
  9,
  15,
  16,
  17,
  18,
  23,
  24,
  25,
  257,
  258,
  259,
  260,
  261,
  262,
  516,
  517,
  519,
  65_534,
  65_535,
  65_536,
  131_070,
  131_071,
  32_767,
  32_768,
  32_769,
  megabyte - 1,
  megabyte,
];
const contents: [string, (length: number) => Buffer][] = [
  ['zeros', (length) => Buffer.alloc(length)],
  ['noise', noise],
  ['a short period', (length) => Buffer.alloc(length, 'abcab')],
  ['bytes of few values', (length) => noise(length).map((byte) => byte & 3) as Buffer],
];

test.each(contents)('%s of any length come back', async (_title, make) => {
  for (const length of lengths) await roundTrip(Buffer.from(make(length)));
});

test('repeats at every distance around the window come back', async () => {
  const piece = noise(300, 7);
  for (const distance of [300, 301, 4096, 32_767, 32_768, 32_769, 40_000]) {
    const bytes = Buffer.concat([piece, noise(distance - piece.length, distance), piece, piece]);
    await roundTrip(bytes);
  }
});

test('symbols so uneven that codes would be too long come back', async () => {
  // Counts as Fibonacci numbers make the deepest tree there is.
  const parts: Buffer[] = [];
  for (let [symbol, a, b] = [0, 1, 1]; symbol < 26; [symbol, a, b] = [symbol + 1, b, a + b]) {
    parts.push(Buffer.alloc(a, symbol));
  }
  const bytes = Buffer.concat(parts);
  // In an order in which there is nothing to match.
  for (let i = bytes.length - 1, state = 3; i > 0; i -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = state % (i + 1);
    [bytes[i], bytes[j]] = [bytes[j] ?? 0, bytes[i] ?? 0];
  }
  await roundTrip(bytes.subarray(0, megabyte));
});

test('whatever bytes come back', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.array(fc.nat(20), { maxLength: 200 }), async (list, order) => {
      await roundTrip(
        Buffer.concat(order.map((n) => list[n % Math.max(list.length, 1)] ?? noise(3))),
      );
    }),
    { numRuns: 300 },
  );
});

test('NDJSON becomes no larger than by zlib at its lowest level', async () => {
  const bytes = ndjson(4000).subarray(0, megabyte);
  const member = await roundTrip(bytes);
  expect(member.length).toBeLessThanOrEqual(gzipSync(bytes, { level: 1 }).length);
});

test('noise grows by little', async () => {
  expect((await roundTrip(noise(megabyte))).length).toBeLessThan(megabyte + 200);
});

test('more than a megabyte becomes several members', async () => {
  await roundTrip(ndjson(12_000));
});

test('the same bytes are the same member, whatever came before', async () => {
  const bytes = ndjson(500);
  const first = await pool.compress(bytes);
  for (let n = 0; n < 6; n += 1) {
    await Promise.all([pool.compress(noise(megabyte, n)), pool.compress(ndjson(700))]);
    expect((await pool.compress(bytes)).equals(first)).toBe(true);
  }
});

test('many at once are not mixed up', async () => {
  const blocks = Array.from({ length: 40 }, (_, n) => noise(10_000 + n, n));
  const members = await Promise.all(blocks.map((block) => pool.compress(block)));
  members.forEach((member, n) => {
    expect(gunzipSync(member).equals(blocks[n] ?? Buffer.alloc(0))).toBe(true);
  });
});

test('what was compressed leaves nothing behind', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const heapAfter = async (blocks: number): Promise<number> => {
    for (let n = 0; n < blocks; n += 1) await pool.compress(Buffer.from('x'));
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(200);
  expect((await heapAfter(3000)) - before).toBeLessThan(3000 * 100);
});

test('gzip and its header are as others read them', async () => {
  const bytes = ndjson(300);
  const member = await pool.compress(bytes);
  expect(member.subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff');
  expect(member.readUInt32LE(member.length - 8)).toBe(crc32(bytes));
  expect(member.readUInt32LE(member.length - 4)).toBe(bytes.length);
  const two = Buffer.concat([member, member]);
  expect(execFileSync('gzip', ['-dc'], { input: two }).length).toBe(2 * bytes.length);
});

test('a closed pool rejects what it works on, and a thread that ended is replaced', async () => {
  const own = createGzipPool({ threads: 1 });
  await own.compress(Buffer.from('x'));
  const work = own.compress(noise(megabyte));
  await Promise.all([expect(work).rejects.toThrow(/the gzip thread ended/), own.close()]);
  expect(gunzipSync(await own.compress(Buffer.from('again'))).toString()).toBe('again');
  await own.close();
});
