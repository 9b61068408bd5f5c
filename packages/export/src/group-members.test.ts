import { absentGroups, absentMembers, readGroup } from './group-members.ts';

const at = '2026-01-15T12:00:00Z';
const baseUrl = 'https://here.example/fhir';

function read(...member: unknown[]) {
  return readGroup({ resourceType: 'Group', id: 'g', member }, at, { bases: baseUrl });
}

const entity = (reference: unknown) => ({ entity: { reference } });

test('Patients are members, and the members of Groups that are', () => {
  expect(read(entity('Patient/1'), entity('Group/2'), entity('Patient/3'))).toEqual({
    patients: ['1', '3'],
    groups: ['2'],
    notices: [],
  });
});

test.each(['Patient/p', '/Patient/p', 'Patient/p/_history/3', `${baseUrl}/Patient/p`])(
  '%s is a member',
  (reference) => {
    expect(read(entity(reference)).patients).toEqual(['p']);
  },
);

test.each([
  ['of another type', entity('Practitioner/1'), 'Practitioner/1'],
  [
    'of another server',
    entity('https://there.example/fhir/Patient/1'),
    'https://there.example/fhir/Patient/1',
  ],
  ['inside the Group', entity('#1'), '#1'],
  ['named by an identifier', { entity: { identifier: { value: '1' } } }, 'without a reference'],
  ['without an entity', {}, 'without a reference'],
  ['whose reference is no text', entity(1), 'without a reference'],
])('a member %s is passed over, which is told', (_what, member, told) => {
  const { patients, groups, notices } = read(member, entity('Patient/p'));
  expect([patients, groups]).toEqual([['p'], []]);
  expect(notices).toEqual([
    {
      severity: 'information',
      code: 'not-supported',
      text: `A member of Group/g is not a Patient on this server and was skipped: ${told}.`,
    },
  ]);
});

test.each<[string, object]>([
  ['without a period', {}],
  ['whose period is empty', { period: {} }],
  ['that is said to be active', { inactive: false }],
  ['whose period begins at the instant', { period: { start: '2026-01-15T13:00:00+01:00' } }],
  // The end belongs to the period: https://hl7.org/fhir/R4/datatypes.html#Period
  ['whose period ends at the instant', { period: { end: at } }],
  ['whose period ends a moment later', { period: { end: '2026-01-15T12:00:00.001Z' } }],
  ['whose period ends on that day', { period: { end: '2026-01-15' } }],
  ['whose period ends in that month', { period: { start: '2026-01-01', end: '2026-01' } }],
  ['whose period ends in that year', { period: { end: '2026' } }],
  ['whose period is none', { period: { start: 'yesterday', end: 7 } }],
])('a member %s is one', (_what, rest) => {
  expect(read({ ...entity('Patient/p'), ...rest }).patients).toEqual(['p']);
});

test.each<[string, object]>([
  ['that is inactive', { inactive: true }],
  ['whose period ended the second before', { period: { end: '2026-01-15T11:59:59Z' } }],
  ['whose period ended the day before', { period: { end: '2026-01-14' } }],
  ['whose period ended the month before', { period: { end: '2025-12' } }],
  ['whose period begins a moment later', { period: { start: '2026-01-15T12:00:00.001Z' } }],
  ['whose period begins the next day', { period: { start: '2026-01-16', end: '2027' } }],
])('a member %s is none, and nothing is said of it', (_what, rest) => {
  expect(read({ ...entity('Patient/p'), ...rest })).toEqual({
    patients: [],
    groups: [],
    notices: [],
  });
});

test.each([[undefined], [null], [{}], ['Patient/p'], [[null, 'Patient/p']]])(
  'what is no list of members holds nobody: %j',
  (member) => {
    expect(readGroup({ id: 'g', member }, at)).toEqual({ patients: [], groups: [], notices: [] });
  },
);

describe('members who are not there', () => {
  test('are named', () => {
    const notice = (member: string) => ({
      severity: 'warning',
      code: 'not-found',
      text: `The member ${member} is not on this server and was skipped.`,
    });
    expect(absentMembers([])).toEqual([]);
    expect(absentMembers(['p'])).toEqual([notice('Patient/p')]);
    expect(absentGroups(['h'])).toEqual([notice('Group/h')]);
  });

  test('by the thousand make one notice, with their number and the first hundred', () => {
    const notices = absentMembers(Array.from({ length: 30_000 }, (_, index) => `p${index}`));
    expect(notices).toHaveLength(1);
    expect(notices[0]?.text).toMatch(
      /^30000 members are not on this server and were skipped: Patient\/p0, .* Patient\/p99 and 29900 more\.$/,
    );
  });

  test('and those of other kinds make one notice for each Group', () => {
    const member = ['1', '2'].map((id) => ({ entity: { reference: `Practitioner/${id}` } }));
    expect(readGroup({ id: 'g', member }, at).notices).toEqual([
      {
        severity: 'information',
        code: 'not-supported',
        text: '2 members of Group/g are not Patients on this server and were skipped: Practitioner/1, Practitioner/2.',
      },
    ]);
  });
});
