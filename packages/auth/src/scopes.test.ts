import { resourceTypes, searchParametersOf } from '@sluice/fhir';
import { AuthError } from './errors.ts';
import { grantScopes } from './grant-scopes.ts';
import { filtersOf, rightsOf } from './rights.ts';
import { formatScope, parseScope, parseScopes, splitScopes } from './scopes.ts';

describe('parseScope', () => {
  test.each([
    ['system/*.read', '*', 'rs'],
    ['system/*.write', '*', 'cud'],
    ['system/*.*', '*', 'cruds'],
    ['system/Patient.read', 'Patient', 'rs'],
    ['system/Patient.rs', 'Patient', 'rs'],
    ['system/Patient.r', 'Patient', 'r'],
    ['system/Patient.cruds', 'Patient', 'cruds'],
    ['system/Group.cud', 'Group', 'cud'],
    ['system/Observation.rs?category=laboratory', 'Observation', 'rs'],
    ['system/*.rs?_lastUpdated=ge2026', '*', 'rs'],
  ])('%s is of %s with %s, and comes back as it was', (text, type, permissions) => {
    const scope = parseScope(text);
    expect(scope).toMatchObject({ type, permissions });
    expect(scope && formatScope(scope)).toBe(text);
  });

  test.each([
    ['another context', 'user/Patient.read'],
    ['another context', 'patient/*.rs'],
    ['no context', 'Patient.read'],
    ['launch', 'launch'],
    ['openid', 'openid'],
    ['letters out of order', 'system/Patient.sr'],
    ['a letter twice', 'system/Patient.rr'],
    ['an unknown letter', 'system/Patient.rsx'],
    ['an unknown action', 'system/Patient.unknownAction'],
    ['no action', 'system/Patient.'],
    ['no action at all', 'system/Patient'],
    ['an unknown type', 'system/Person1.read'],
    ['a type in lower case', 'system/patient.read'],
    ['an abstract type', 'system/DomainResource.read'],
    ['a search in version 1', 'system/Patient.read?active=true'],
    ['an empty search', 'system/Patient.rs?'],
    ['a search that does not exist', 'system/Patient.rs?a=b'],
    ['a search that not every type has', 'system/*.rs?category=laboratory'],
    ['a backslash', 'system/Patient.rs?name=a\\b'],
    ['a NUL', 'system/Patient.rs?name=%00'],
    ['a quote', 'system/Patient.rs?name="a"'],
    ['nothing', ''],
  ])('%s is no scope: %s', (_, text) => {
    expect(parseScope(text)).toBeUndefined();
  });

  test.each(['system/bulk-submit', 'system/bulk-admin'] as const)(
    '%s is the right to an operation',
    (text) => {
      expect(parseScope(text)).toEqual({ operation: text });
    },
  );
});

test.each([
  ['a b', ['a', 'b']],
  ['  a\tb\n', ['a', 'b']],
  ['system/A.read,system/B.read', ['system/A.read', 'system/B.read']],
  ['system/Observation.rs?code=a,b', ['system/Observation.rs?code=a,b']],
  ['', []],
])('%j is split into %j', (text, expected) => {
  expect(splitScopes(text)).toEqual(expected);
});

describe('grantScopes', () => {
  const granted = (requested: string, registered: string): string[] | string => {
    try {
      return grantScopes(requested, parseScopes(registered));
    } catch (error) {
      return error instanceof AuthError ? error.code : 'another error';
    }
  };

  test.each([
    // Requested, registered, granted. SPEC G-053 … G-064
    ['system/*.read', 'system/*.rs', ['system/*.read']],
    ['system/*.rs', 'system/*.rs', ['system/*.rs']],
    ['system/*.*', 'system/*.rs', ['system/*.read']],
    ['system/*.cruds', 'system/*.cruds', ['system/*.rs']],
    ['system/Patient.read', 'system/*.rs', ['system/Patient.read']],
    ['system/Patient.r', 'system/*.rs', ['system/Patient.r']],
    [
      'system/*.read',
      'system/Patient.rs system/Group.read',
      ['system/Patient.read', 'system/Group.read'],
    ],
    [
      'system/Patient.read system/Observation.rs',
      'system/*.rs',
      ['system/Patient.read', 'system/Observation.rs'],
    ],
    ['system/Patient.read system/Encounter.read', 'system/Patient.rs', ['system/Patient.read']],
    ['system/Patient.read launch fhirUser user/*.read', 'system/*.rs', ['system/Patient.read']],
    ['system/Patient.read system/Nonsense.read', 'system/*.rs', ['system/Patient.read']],
    [
      'system/Patient.read,system/Group.read',
      'system/*.rs',
      ['system/Patient.read', 'system/Group.read'],
    ],
    ['system/*.rs system/Patient.rs', 'system/*.rs', ['system/*.rs']],
    ['system/Patient.rs system/Patient.rs', 'system/*.rs', ['system/Patient.rs']],
    [
      'system/Observation.rs?category=laboratory',
      'system/*.rs',
      ['system/Observation.rs?category=laboratory'],
    ],
    [
      'system/Observation.read',
      'system/Observation.rs?category=laboratory',
      ['system/Observation.rs?category=laboratory'],
    ],
    [
      'system/Observation.rs?status=final',
      'system/Observation.rs?category=laboratory',
      ['system/Observation.rs?status=final&category=laboratory'],
    ],
    [
      'system/*.rs',
      'system/Observation.rs?category=laboratory system/Observation.rs?category=vital-signs',
      ['system/Observation.rs?category=laboratory', 'system/Observation.rs?category=vital-signs'],
    ],
    ['system/bulk-admin', 'system/*.rs system/bulk-admin', ['system/bulk-admin']],
    ['system/Patient.rs system/bulk-admin', 'system/*.rs', ['system/Patient.rs']],
    // Nothing is left.
    ['', 'system/*.rs', 'invalid_scope'],
    ['system/bulk-admin', 'system/*.rs', 'invalid_scope'],
    ['system/*.write', 'system/*.cruds', 'invalid_scope'],
    ['system/*.c', 'system/*.cruds', 'invalid_scope'],
    ['system/*.cu', 'system/*.cruds', 'invalid_scope'],
    ['system/*.cud', 'system/*.cruds', 'invalid_scope'],
    ['system/*.ud', 'system/*.cruds', 'invalid_scope'],
    ['system/*.d', 'system/*.cruds', 'invalid_scope'],
    ['launch fhirUser', 'system/*.rs', 'invalid_scope'],
    ['user/*.read patient/*.read', 'system/*.rs', 'invalid_scope'],
    ['system/Patient.xyz', 'system/*.rs', 'invalid_scope'],
    ['system/Encounter.read', 'system/Patient.rs', 'invalid_scope'],
    ['system/Patient.rs?a=b', 'system/*.rs', 'invalid_scope'],
  ])('of %j, registered for %j, is granted %j', (requested, registered, expected) => {
    expect(granted(requested, registered)).toEqual(expected);
  });
});

test('a search for all types may use what every type has, and nothing else', () => {
  const ofAll = searchParametersOf('Binary').map(({ name }) => name);
  for (const type of resourceTypes) {
    const names = searchParametersOf(type).map(({ name }) => name);
    expect([type, ofAll.filter((name) => !names.includes(name))]).toEqual([type, []]);
  }
  expect(parseScope('system/*.rs?_tag=a')).toMatchObject({ type: '*', query: '_tag=a' });
  expect(parseScope('system/*.rs?identifier=a')).toBeUndefined();
});

describe('grantScopes of as much as can be', () => {
  const list = (count: number, scope: (n: number) => string): string =>
    Array.from({ length: count }, (_, n) => scope(n)).join(' ');
  const grant = (requested: string, registered: string) => () =>
    grantScopes(requested, parseScopes(registered));
  const byStatus = (n: number): string => `system/Observation.rs?status=s${n}`;
  const byCode = (n: number): string => `system/Observation.rs?code=c${n}`;

  test.each([
    ['more scopes than a token holds', list(101, () => 'system/Patient.rs'), 'system/*.rs'],
    ['longer scopes', `system/Patient.rs?name=${'a'.repeat(4096)}`, 'system/*.rs'],
    ['scopes whose grant has too many', list(30, byStatus), list(30, byCode)],
    [
      'scopes whose grant is too long',
      list(60, byStatus),
      'system/Observation.rs?code=' + 'a'.repeat(60),
    ],
    ['more pairs than are looked at', list(60, byStatus), list(440, byCode)],
  ])('refuses %s', (_title, requested, registered) => {
    expect(grant(requested, registered)).toThrow(AuthError);
    expect(grant(requested, registered)).toThrow(/accepted: 100 scopes|ask for fewer/);
  });

  test('what it grants, it grants again', () => {
    const registered = list(90, byCode);
    const granted = grant('system/Observation.rs', registered)().join(' ');
    expect(granted).toBe(registered);
    expect(grant(granted, 'system/*.rs')().join(' ')).toBe(granted);
  });
});

describe('rightsOf', () => {
  const exports = (scopes: string, limits = {}) => {
    const rights = rightsOf(parseScopes(scopes), limits).exports;
    return (type: string) => filtersOf(rights, type);
  };

  test.each([
    ['system/*.read', 'Patient', []],
    ['system/Patient.rs', 'Patient', []],
    ['system/Patient.rs', 'Encounter', undefined],
    ['system/Patient.r', 'Patient', undefined],
    ['system/Patient.s', 'Patient', undefined],
    ['system/Patient.cud', 'Patient', undefined],
    ['', 'Patient', undefined],
    ['system/bulk-admin', 'Patient', undefined],
    ['system/Observation.rs?status=final', 'Observation', [['status=final']]],
    ['system/Observation.rs?status=final system/Observation.rs', 'Observation', []],
    ['system/Observation.rs?status=final system/*.rs', 'Observation', []],
    [
      'system/Observation.rs?status=final system/Observation.rs?code=1',
      'Observation',
      [['status=final', 'code=1']],
    ],
    ['system/*.rs?_lastUpdated=ge2026', 'Encounter', [['_lastUpdated=ge2026']]],
  ])('%j permits %s with the filters %j', (scopes, type, expected) => {
    expect(exports(scopes)(type)).toEqual(expected);
  });

  test('reading by id needs r alone', () => {
    const { reads } = rightsOf(parseScopes('system/Patient.r system/Encounter.s'));
    expect(filtersOf(reads, 'Patient')).toEqual([]);
    expect(filtersOf(reads, 'Encounter')).toBeUndefined();
  });

  test('who may know some Groups gets only these as resources', () => {
    expect(exports('system/*.rs', { groups: ['a', 'b'] })('Group')).toEqual([['_id=a,b']]);
    expect(exports('system/*.rs', { groups: [] })('Group')).toBeUndefined();
    expect(exports('system/*.rs', { groups: [] })('Patient')).toEqual([]);
  });

  test('who may have some patients only knows no Group that is not listed', () => {
    expect(rightsOf(parseScopes('system/*.rs'), { patients: ['1'] }).groups).toEqual([]);
    expect(exports('system/*.rs', { patients: ['1'], groups: ['a'] })('Group')).toEqual([
      ['_id=a'],
    ]);
    expect(exports('system/Group.rs?type=person', { groups: ['a'] })('Group')).toEqual([
      ['type=person'],
      ['_id=a'],
    ]);
  });
});
