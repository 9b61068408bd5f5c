import { RefusalLimits } from './refusal-limits.ts';

const admitted = (limits: RefusalLimits, addresses: readonly string[]): number =>
  addresses.filter((address) => limits.admit(address)).length;
const repeat = (address: string, count: number): string[] => Array<string>(count).fill(address);

test('of one source some are recorded and the others counted, whatever others do', () => {
  const limits = new RefusalLimits();
  expect(admitted(limits, repeat('192.0.2.1', 110))).toBe(100);
  expect(admitted(limits, repeat('192.0.2.2', 10))).toBe(10);
  expect(limits.drain()).toEqual([{ source: '192.0.2.1', count: 10 }]);
  expect(limits.drain()).toEqual([]);
  expect(admitted(limits, repeat('192.0.2.1', 1))).toBe(1);
});

test('of all sources together there is a bound, and of the number of sources', () => {
  const limits = new RefusalLimits();
  const addresses = Array.from({ length: 1000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
  const attempts = addresses.flatMap((address) => repeat(address, 5));
  expect(admitted(limits, attempts)).toBe(300);
  const counted = limits.drain();
  expect(counted.length).toBeLessThanOrEqual(101);
  expect(counted.at(-1)).toEqual({ count: 4500 });
  expect(counted.reduce((sum, { count }) => sum + count, 0)).toBe(4700);
});

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9'],
  ['2001:db8::1', '2001:db8::2:3:4:5'],
  ['::1', '::2'],
  ['fe80::1', 'fe80::2'],
])('%s and %s are one source', (one, other) => {
  const limits = new RefusalLimits();
  expect(admitted(limits, [...repeat(one, 60), ...repeat(other, 60)])).toBe(100);
});

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:3::1'],
  ['2001:db8::1', '2001:db8:1::1'],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2'],
  ['192.0.2.1', '192.0.2.2'],
])('%s and %s are two sources', (one, other) => {
  const limits = new RefusalLimits();
  expect(admitted(limits, [...repeat(one, 60), ...repeat(other, 60)])).toBe(120);
});
