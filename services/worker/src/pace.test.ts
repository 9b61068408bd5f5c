import { Pace } from './pace.ts';

test('it is due at once, and then once in its time', () => {
  let now = 1000;
  const pace = new Pace(60_000, () => now);
  expect([pace.isDue(), pace.isDue()]).toEqual([true, false]);
  now += 59_999;
  expect(pace.isDue()).toBe(false);
  now += 1;
  expect([pace.isDue(), pace.isDue()]).toEqual([true, false]);
});

test('without a time it is always due', () => {
  const pace = new Pace(0, () => 1000);
  expect([pace.isDue(), pace.isDue()]).toEqual([true, true]);
});
