import { lineOf } from './stored-model.ts';

/** Before `since`. */
export const old = '2019-02-03T04:05:06.007Z';
/** After `since`. */
export const recent = '2026-01-05T00:00:00.000Z';
/** A `_since` between the two. */
export const since = '2026-01-01T00:00:00Z';
/** A Reference. */
export const to = (reference: string) => ({ reference });
/** A Group of patients, but for type, id and meta. */
export const members = (ids: Iterable<string>) => ({
  type: 'person',
  actual: true,
  member: [...ids].map((id) => ({ entity: to(`Patient/${id}`) })),
});

/** Resources of the first patient, and of the last one, and what they refer to, as lines. */
export function ownLines(first: string, last: string): string[] {
  const observation = (id: string, patient: string, rest: object, at = old) =>
    lineOf(`Observation/${id}`, at, {
      status: 'final',
      subject: to(`Patient/${patient}`),
      ...rest,
    });
  return [
    // Four references in a row: the last one is too far away. The role refers back, too.
    observation('own-row', first, { performer: [to('PractitionerRole/role')] }),
    lineOf('PractitionerRole/role', old, {
      practitioner: to('Practitioner/doctor'),
      organization: to('Organization/low'),
      location: [to('Location/room')],
    }),
    lineOf('Practitioner/doctor', old),
    lineOf('Location/room', old, { managingOrganization: to('Organization/low') }),
    lineOf('Organization/low', recent, { partOf: to('Organization/middle') }),
    lineOf('Organization/middle', old, { partOf: to('Organization/top') }),
    lineOf('Organization/top', old),
    // In a circle.
    observation('own-circle', first, { performer: [to('Organization/round')] }),
    lineOf('Organization/round', old, { partOf: to('Organization/again') }),
    lineOf('Organization/again', recent, { partOf: to('Organization/round') }),
    // In places where references are easily missed, and written in other ways.
    observation('own-places', first, {
      extension: [{ url: 'http://x.example', valueReference: to('Organization/extension') }],
      contained: [
        { resourceType: 'PractitionerRole', id: 'c', practitioner: to('Practitioner/inner') },
      ],
      performer: [
        to('#c'),
        to('Practitioner/versioned/_history/3'),
        to('Practitioner/escaped'),
        to('Practitioner/nowhere'),
      ],
    }).replace('Practitioner/escaped', String.raw`Practitioner\/escaped`),
    lineOf('Organization/extension', old),
    lineOf('Practitioner/inner', old),
    lineOf('Practitioner/versioned', recent),
    lineOf('Practitioner/escaped', old),
    // What is another patient's stays out, whoever refers to it.
    observation('own-others', first, {
      device: to('Device/theirs'),
      basedOn: [to('Task/theirs'), to('Task/ours'), to('Task/mine')],
      performer: [to('Practitioner/shared')],
      derivedFrom: [to('Binary/picture'), to('Bundle/letter')],
    }),
    observation('own-tool', first, { device: to('Device/tool') }),
    lineOf('Device/tool', old, { owner: to('Organization/owner'), location: to('Location/store') }),
    lineOf('Organization/owner', old),
    lineOf('Location/store', old),
    lineOf('Device/theirs', old, {
      patient: to(`Patient/${last}`),
      owner: to('Organization/theirs'),
    }),
    lineOf('Organization/theirs', old),
    lineOf('Device/unused', old, {
      patient: to(`Patient/${first}`),
      owner: to('Organization/mine'),
    }),
    lineOf('Organization/mine', old),
    lineOf('Task/theirs', recent, { for: to(`Patient/${last}`) }),
    lineOf('Task/ours', recent, { for: to(`Patient/${first}`), focus: to(`Patient/${last}`) }),
    lineOf('Task/mine', recent, { for: to(`Patient/${first}`), owner: to('Practitioner/worker') }),
    lineOf('Task/unreferenced', recent, { for: to(`Patient/${first}`) }),
    lineOf('Practitioner/worker', recent),
    lineOf('Practitioner/shared', recent),
    lineOf('Binary/picture', recent, { contentType: 'image/png' }),
    lineOf('Bundle/letter', recent, { type: 'document' }),
    observation(
      'own-last',
      last,
      { performer: [to('Practitioner/shared'), to('Practitioner/last')] },
      recent,
    ),
    lineOf('Practitioner/last', recent),
    // Referred to by nobody, or in words only.
    lineOf('Practitioner/idle', recent),
    observation('own-words', first, { note: [{ text: '"reference":"Practitioner/idle"' }] }),
  ];
}
