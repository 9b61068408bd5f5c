import { SeenIds } from './seen-ids.ts';

test('the first of an id is new; a later one is told the line of the first and whether it is the same', () => {
  const seen = new SeenIds();
  expect(seen.add('Patient', '1', 10, 1)).toBeUndefined();
  expect(seen.add('Patient', '1', 10, 5)).toEqual({ line: 1, same: true });
  expect(seen.add('Patient', '1', 11, 7)).toEqual({ line: 1, same: false });
  expect(seen.add('Patient', '1', 10, 8)).toEqual({ line: 1, same: false });
});

test('types and ids are told apart', () => {
  const seen = new SeenIds();
  const pairs = [
    ['Patient', '1'],
    ['Patient', '2'],
    ['Group', '1'],
    ['patient', '1'],
    ['Patient', '1a'],
    ['Patient', ''],
  ] as const;
  expect(pairs.map(([type, id]) => seen.add(type, id, 0, 1))).toEqual(pairs.map(() => undefined));
});

test('none of many ids is taken for another or forgotten as the table grows', () => {
  const seen = new SeenIds();
  const count = 50_000;
  let taken = 0;
  for (let index = 0; index < count; index += 1) {
    taken += seen.add('Observation', `o-${index}`, index, index + 1) === undefined ? 0 : 1;
  }
  let remembered = 0;
  for (let index = 0; index < count; index += 1) {
    const first = seen.add('Observation', `o-${index}`, index, 1);
    remembered += first?.line === index + 1 && first.same ? 1 : 0;
  }
  expect({ taken, remembered }).toEqual({ taken: 0, remembered: count });
});
