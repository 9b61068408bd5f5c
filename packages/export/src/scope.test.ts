import type { KickOff } from './export.ts';
import { scopeOf, typesOfLevel } from './scope.ts';

const stored = [
  'Device',
  'Group',
  'Observation',
  'Organization',
  'Patient',
  'Practitioner',
  'Provenance',
  'Task',
];

function scope(kickOff: Partial<KickOff>, supporting = true) {
  const given = {
    level: 'patient',
    request: '',
    baseUrl: '',
    lenient: false,
    notices: [],
  } as const;
  return scopeOf({ ...given, outputFormat: 'ndjson', ...kickOff }, stored, supporting);
}

test('system level reads every type itself', () => {
  expect(scope({ level: 'system' })).toMatchObject({
    direct: stored,
    supporting: [],
    provenance: false,
  });
});

test('patient level reads the compartment and the patients’ Devices; of the rest what is referred to', () => {
  expect(scope({})).toEqual({
    direct: ['Device', 'Observation', 'Patient'],
    supporting: ['Device', 'Organization', 'Practitioner', 'Task'],
    sources: ['Observation', 'Patient', 'Provenance'],
    provenance: true,
    exportedTargets: false,
  });
});

test('SUPPORTING_RESOURCES=off leaves the compartment alone', () => {
  expect(scope({}, false)).toMatchObject({ direct: ['Observation', 'Patient'], supporting: [] });
});

test('_type names supporting types too, and only these come', () => {
  expect(scope({ types: ['Observation', 'Practitioner'] })).toEqual({
    direct: ['Observation'],
    supporting: ['Practitioner'],
    sources: ['Observation'],
    provenance: false,
    exportedTargets: false,
  });
});

test('of supporting types alone those come that the patients’ data refers to', () => {
  expect(scope({ types: ['Organization'] }).sources).toEqual([
    'Observation',
    'Patient',
    'Provenance',
  ]);
});

test('beside a type of the compartment those come that it refers to, though none of it is stored', () => {
  expect(scope({ types: ['Condition', 'Organization'] })).toMatchObject({
    supporting: ['Organization'],
    sources: [],
  });
});

test('a Group comes when it is named', () => {
  expect(scope({ level: 'group', types: ['Group'] }).direct).toEqual(['Group']);
});

test('includeAssociatedData brings Provenance whatever _type says, by its targets', () => {
  const associated = { provenance: 'latest' } as const;
  for (const level of ['system', 'patient'] as const) {
    expect(scope({ level, types: ['Patient'], associated })).toMatchObject({
      direct: ['Patient'],
      provenance: true,
      exportedTargets: true,
    });
  }
});

test('that Provenance brings along what it refers to, and a Group that is named what that refers to', () => {
  const types = ['Patient', 'Practitioner'];
  expect(scope({ types }).sources).toEqual(['Patient']);
  const associated = { provenance: 'latest' } as const;
  expect(scope({ types, associated }).sources).toEqual(['Patient', 'Provenance']);
  expect(scope({ types: ['Group', 'Organization'] }).sources).toEqual(['Group']);
});

test('the types of a level are those of the compartment, without Group', () => {
  expect(typesOfLevel('system')).toEqual([]);
  expect(typesOfLevel('group')).toContain('Observation');
  expect(typesOfLevel('group')).not.toContain('Group');
  expect(typesOfLevel('group')).not.toContain('Practitioner');
});
