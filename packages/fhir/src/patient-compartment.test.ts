import { patientCompartmentPaths } from './generated/definitions.ts';
import { compartmentPatients } from './patient-compartment.ts';

const to = (id: string) => ({ reference: `Patient/${id}` });

test.each<[string, Record<string, unknown>, string[]]>([
  ['a Patient is in its own', { resourceType: 'Patient', id: 'a' }, ['a']],
  [
    'a Patient is in those it links to, its own first',
    { resourceType: 'Patient', id: 'a', link: [{ other: to('b') }, { other: to('c') }] },
    ['a', 'b', 'c'],
  ],
  [
    'a reference through two parameters counts once',
    { resourceType: 'Observation', subject: to('a'), performer: [to('a'), to('b')] },
    ['a', 'b'],
  ],
  [
    'whom it is about comes first',
    { resourceType: 'Coverage', policyHolder: to('parent'), beneficiary: to('child') },
    ['child', 'parent'],
  ],
  [
    'arrays may be at any step',
    {
      resourceType: 'RequestGroup',
      action: [{ participant: [to('a')] }, { participant: [to('b')] }],
    },
    ['a', 'b'],
  ],
  [
    'a Group is in those of its members',
    { resourceType: 'Group', member: [{ entity: to('a') }, { entity: { reference: 'Group/g' } }] },
    ['a'],
  ],
  [
    'an Appointment is in those of its actors',
    {
      resourceType: 'Appointment',
      participant: [{ actor: { reference: 'Practitioner/p' } }, { actor: to('a') }],
    },
    ['a'],
  ],
  [
    'a version in the reference does not matter',
    { resourceType: 'Encounter', subject: { reference: 'Patient/a/_history/3' } },
    ['a'],
  ],
  [
    'an absolute reference to this store counts',
    { resourceType: 'Encounter', subject: { reference: 'https://example.org/fhir/Patient/a' } },
    ['a'],
  ],
  [
    'an absolute reference elsewhere does not',
    { resourceType: 'Encounter', subject: { reference: 'https://other.org/fhir/Patient/a' } },
    [],
  ],
  ['a contained one does not', { resourceType: 'Flag', subject: { reference: '#a' } }, []],
  ['a urn does not', { resourceType: 'Flag', subject: { reference: 'urn:uuid:a' } }, []],
  ['an identifier alone does not', { resourceType: 'Flag', subject: { identifier: {} } }, []],
  ['a group is not a patient', { resourceType: 'Flag', subject: { reference: 'Group/g' } }, []],
  ['types outside are in none', { resourceType: 'Device', patient: to('a') }, []],
  ['Task is in none', { resourceType: 'Task', for: to('a') }, []],
  [
    'odd shapes are in none',
    { resourceType: 'Observation', subject: 'Patient/a', performer: [null, 1] },
    [],
  ],
  ['no type, no compartment', { subject: to('a') }, []],
])('%s', (_statement, resource, patients) => {
  expect(compartmentPatients(resource, 'https://example.org/fhir')).toEqual(patients);
});

const everyPath = Object.entries(patientCompartmentPaths).flatMap(([type, paths]) =>
  paths.map((path) => [type, path] as const),
);

test.each(everyPath)('%s.%s leads to the patient', (type, path) => {
  const resource = path
    .split('.')
    .reduceRight<unknown>((inner, name) => ({ [name]: inner }), to('p'));
  expect(compartmentPatients({ resourceType: type, ...(resource as object) })).toEqual(['p']);
});
