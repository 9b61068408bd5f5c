import fc from 'fast-check';
import { packParts } from './pack-parts.ts';

function part(number: number, effort: number): { number: number; effort: number } {
  return { number, effort };
}

test('a large part has a job of its own, the largest first', () => {
  expect(packParts([part(1, 3000), part(2, 50_000), part(3, 40_000)])).toEqual([[2], [3], [1]]);
});

test('small parts share jobs of about 800 resources', () => {
  const parts = [part(1, 390), part(2, 60_000), part(3, 390), part(4, 390), part(5, 10)];
  expect(packParts(parts)).toEqual([[2], [1, 3], [4, 5]]);
});

test('every part is in one job', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5000), { maxLength: 50 }), (sizes) => {
      const jobs = packParts(sizes.map((effort, i) => part(i + 1, effort)));
      expect(jobs.flat().sort((a, b) => a - b)).toEqual(sizes.map((_, i) => i + 1));
      expect(jobs.every((job) => job.length > 0)).toBe(true);
    }),
  );
});
