import { keyOf, lineOf, type StoredModel } from './stored-model.ts';
import { members, old, to } from './supporting-data.ts';

/** A `_since`. */
export const since = '2025-06-01T00:00:00Z';
const before = '2025-05-01T12:00:00Z';
const after = '2025-09-01T12:00:00Z';

interface Member {
  readonly entity: { readonly reference: string };
  readonly inactive?: boolean;
  readonly period?: { readonly start?: string; readonly end?: string };
}

/** A Group of these members. */
export function groupLine(id: string, lastUpdated: string, list: readonly Member[]): string {
  return lineOf(`Group/${id}`, lastUpdated, { ...members([]), member: list });
}

/** These patients as members. */
export const membersOf = (ids: readonly string[]): Member[] =>
  ids.map((id) => ({ entity: to(`Patient/${id}`) }));

/**
 * Groups whose members changed at about `since`, in two lots to be stored one after the other. Numbers are those of patients.
 *
 * @param patients at least eleven
 */
export function groupVersions(patients: readonly string[]): [string[], string[], string[]] {
  const all = (...numbers: number[]) => membersOf(numbers.map((n) => patients[n] ?? ''));
  const during = (n: number, period: Member['period'] = {}) =>
    all(n).map((member) => ({ ...member, period }));
  const idle = (n: number) => all(n).map((member) => ({ ...member, inactive: true }));
  const nested = (...ids: string[]) => ids.map((id) => ({ entity: to(`Group/${id}`) }));
  return [
    [
      groupLine('periods', old, [
        ...all(0),
        ...during(1, { start: '2020' }),
        ...during(2, { start: '2025-07-01' }),
        // The very instant of `since`, and a moment later.
        ...during(3, { start: '2025-06-01T02:00:00+02:00' }),
        ...during(4, { start: '2025-06-01T00:00:00.001Z' }),
        ...during(5, { start: '2024-01', end: '2025-12-01' }),
        ...during(6, { start: '2100-01-01' }),
        ...idle(7),
        // Was one before, and came back.
        ...during(8, { start: '2022-01-01', end: '2024-01-01' }),
        ...during(8, { start: '2025-09-01' }),
        ...during(9, { end: '2100' }),
      ]),
      groupLine('history', old, all(0, 1, 9)),
      groupLine('outer', old, [...all(4), ...nested('history', 'shrinks')]),
      groupLine('shrinks', old, all(1)),
      // In a circle.
      groupLine('late', old, [...all(0, 5), ...nested('outer')]),
      groupLine('awake', old, [...idle(0), ...all(1)]),
      groupLine('same', old, all(0, 1, 2)),
      groupLine('fresh', after, all(3, 10)),
    ],
    [groupLine('history', before, all(0))],
    [
      groupLine('history', after, all(0, 1, 2)),
      groupLine('outer', after, [...all(4), ...nested('history', 'shrinks', 'late')]),
      groupLine('shrinks', after, all(6)),
      groupLine('awake', after, all(0, 1)),
      groupLine('same', after, all(0, 1, 2)),
    ],
  ];
}

/** Whom these Groups hold, and who of them joined after `since`, by their numbers. */
export const groups: readonly [id: string, members: number[], joined: number[]][] = [
  ['periods', [0, 1, 2, 3, 4, 8, 9], [2, 4, 8]],
  ['history', [0, 1, 2], [1, 2]],
  ['outer', [0, 1, 2, 4, 5, 6], [2, 5, 6]],
  ['awake', [0, 1], [0]],
  ['fresh', [3, 10], [3, 10]],
  ['same', [0, 1, 2], []],
];

/** Old resources of a patient who joined, of one who was a member, and of a stranger, and what they refer to. */
export function joinedLines(
  ids: { readonly joined: string; readonly former: string; readonly stranger: string },
  encounters: { readonly joined: string; readonly former: string },
): string[] {
  const joined = to(`Patient/${ids.joined}`);
  const former = to(`Patient/${ids.former}`);
  const stranger = to(`Patient/${ids.stranger}`);
  const observation = (id: string, subject: object, rest: object = {}) =>
    lineOf(`Observation/${id}`, old, { status: 'final', subject, ...rest });
  const provenance = (id: string, encounter: string) =>
    lineOf(`Provenance/${id}`, old, {
      target: [to(`Encounter/${encounter}`)],
      recorded: old,
      agent: [{ who: to('Practitioner/common') }],
    });
  return [
    observation('new', joined, {
      performer: [to('PractitionerRole/new'), to('Practitioner/common')],
      basedOn: [to('Task/mixed'), to('Task/stranger')],
    }),
    observation('old', former, {
      performer: [to('Practitioner/common'), to('Practitioner/old')],
    }),
    observation('shared', former, { performer: [joined] }),
    observation('shared-too', stranger, { performer: [joined] }),
    observation('shared-old', former, { performer: [stranger] }),
    lineOf('PractitionerRole/new', old, { organization: to('Organization/new') }),
    lineOf('Organization/new', old, { partOf: to('Organization/parent') }),
    lineOf('Organization/parent', old),
    lineOf('Practitioner/common', old),
    lineOf('Practitioner/old', old),
    lineOf('Device/new', old, { patient: joined }),
    lineOf('Device/old', old, { patient: former }),
    lineOf('Task/mixed', old, { for: joined, focus: former }),
    lineOf('Task/stranger', old, { for: joined, focus: stranger }),
    provenance('origin-new', encounters.joined),
    provenance('origin-old', encounters.former),
  ];
}

/** Whom a Group holds now; or at an instant, by the version that was the newest then. Patients only who are there. */
export function membersAt(model: StoredModel, id: string, instant?: string): Set<string> {
  const groupsThen = model.newest(instant);
  const at = instant === undefined ? Date.now() : Date.parse(instant);
  const there = new Set(model.present().map(keyOf));
  const found = new Set<string>();
  const visited = new Set<string>();
  const visit = (key: string): void => {
    if (visited.has(key)) return;
    visited.add(key);
    const { member = [] } = JSON.parse(groupsThen.get(key)?.line ?? '{}') as { member?: Member[] };
    for (const { entity, inactive, period: { start = '1900', end = '2200' } = {} } of member) {
      if (inactive === true || Date.parse(start) > at || Date.parse(end) < at) continue;
      if (entity.reference.startsWith('Group/')) visit(entity.reference);
      else if (there.has(entity.reference)) found.add(entity.reference.slice('Patient/'.length));
    }
  };
  visit(`Group/${id}`);
  return found;
}
