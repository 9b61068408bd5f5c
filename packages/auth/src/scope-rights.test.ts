import { filtersOf } from './rights.ts';
import { ScopeRights } from './scope-rights.ts';

test('a list of scopes is read once, and with what the client is registered for', () => {
  const rights = new ScopeRights();
  const scopes = ['system/*.rs'];
  const all = rights.granted(scopes);
  expect(rights.granted(['system/*.rs'])).toBe(all);
  const some = rights.stillGranted(scopes, ['system/Patient.rs']);
  expect(rights.stillGranted(scopes, ['system/Patient.rs'])).toBe(some);
  expect([filtersOf(some.exports, 'Patient'), filtersOf(some.exports, 'Group')]).toEqual([
    [],
    undefined,
  ]);
  expect(filtersOf(rights.stillGranted(scopes, ['system/Group.rs']).exports, 'Patient')).toBe(
    undefined,
  );
  expect(filtersOf(rights.stillGranted(scopes, []).exports, 'Patient')).toBe(undefined);
});

test('of many lists those that were used last are remembered', () => {
  const rights = new ScopeRights();
  const listOf = (n: number): string[] => [`system/Patient.rs?_id=${n}`];
  const first = rights.granted(listOf(0));
  const second = rights.granted(listOf(1));
  for (let n = 2; n < 250; n += 1) rights.granted(listOf(n));
  expect(rights.granted(listOf(0))).toBe(first);
  rights.granted(listOf(250));
  expect(rights.granted(listOf(0))).toBe(first);
  expect(rights.granted(listOf(1))).not.toBe(second);
});

test('a request with as many scopes as a token can hold costs little once they are known', () => {
  const rights = new ScopeRights();
  const scopes = Array.from({ length: 100 }, (_, n) => `system/*.rs?_tag=${n}`);
  rights.stillGranted(scopes, ['system/*.rs']);
  const begun = process.cpuUsage();
  for (let n = 0; n < 1000; n += 1) rights.stillGranted(scopes, ['system/*.rs']);
  const { user, system } = process.cpuUsage(begun);
  expect((user + system) / 1000).toBeLessThan(1000);
});
