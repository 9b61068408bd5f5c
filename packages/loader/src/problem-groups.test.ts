import { kindOf, ProblemGroups } from './problem-groups.ts';

test.each([
  ['id "a_b" is not legal: 1 to 64 are', 'id … is not legal: … to … are'],
  ["not JSON: unexpected token 'x' at position 26", 'not JSON: unexpected token … at position …'],
  ['entry 3: entry 12: it has no id', 'entry: it has no id'],
  ['Patient/a-1 is on line 3 already', '… is on line … already'],
])('%s is of the kind %s', (message, kind) => {
  expect(kindOf(message)).toBe(kind);
});

test('problems are counted by kind, the first five kept, the most frequent kind first', () => {
  const groups = new ProblemGroups();
  groups.add({ file: 'a', line: 1, message: 'it has no id' });
  for (let line = 1; line <= 20; line += 1) {
    groups.add({ file: 'a', line, message: `id "${line}_" is not legal` });
  }
  expect(groups.list()).toMatchObject([
    { kind: 'id … is not legal', count: 20 },
    { kind: 'it has no id', count: 1 },
  ]);
  expect(groups.list()[0]?.places.map(({ line }) => line)).toEqual([1, 2, 3, 4, 5]);
});

test('kinds without end are one kind in the end', () => {
  const groups = new ProblemGroups();
  for (let index = 0; index < 1000; index += 1) {
    groups.add({ file: 'a', line: 1, message: `x${'y'.repeat(index % 400)}` });
  }
  expect(groups.list().length).toBeLessThanOrEqual(201);
});
