import { scanResource } from './resource-scan.ts';
import { mentionedPatients, mentionedResources, supportingTypes } from './supporting-references.ts';

const baseUrl = 'https://example.org/fhir';
const to = (reference: string) => ({ reference });

const encounter = {
  resourceType: 'Encounter',
  id: 'e',
  subject: to('Patient/p'),
  contained: [{ resourceType: 'Location', id: 'l', managingOrganization: to('Organization/o') }],
  location: [{ location: to('#l') }, { location: to('Location/2') }],
  participant: [
    { individual: to('Practitioner/2') },
    { individual: to(`${baseUrl}/Practitioner/1`) },
    { individual: to('Practitioner/2/_history/7') },
    { individual: to('https://other.org/fhir/Practitioner/9') },
    { individual: to('Practitioner?identifier=x') },
    { individual: to('urn:uuid:9') },
  ],
  hospitalization: { extension: [{ url: 'u', valueReference: to('/Device/d') }] },
  episodeOfCare: [to('EpisodeOfCare/x')],
  partOf: to('Binary/b'),
  basedOn: [null, 1, 'Practitioner/x', to('Nonsense/x')],
};

test('supporting references are found wherever they are, each once and sorted', () => {
  expect(mentionedResources(encounter, baseUrl).supporting).toEqual([
    'Device/d',
    'Location/2',
    'Organization/o',
    'Practitioner/1',
    'Practitioner/2',
    'Practitioner?identifier=x',
  ]);
});

test('what a scan of the text leaves of a resource gives the same', () => {
  const scanned = scanResource(Buffer.from(JSON.stringify(encounter)));
  expect(mentionedResources(scanned?.resource ?? {}, baseUrl)).toEqual(
    mentionedResources(encounter, baseUrl),
  );
});

test('the patients that a resource outside the compartment mentions are found', () => {
  const task = {
    resourceType: 'Task',
    for: to('Patient/b'),
    focus: to('Observation/x'),
    input: [{ valueReference: to('Patient/a') }, { valueReference: to('Patient/b') }],
    reference: 'Patient/c',
  };
  expect(mentionedPatients(task)).toEqual(['a', 'b', 'c']);
});

test('deep nesting is no trouble', () => {
  let deep: object = { extension: [to('Location/1')] };
  for (let depth = 0; depth < 200_000; depth += 1) deep = { extension: [deep] };
  expect(mentionedResources(deep as Record<string, unknown>).supporting).toEqual(['Location/1']);
});

test.each([
  'Practitioner',
  'PractitionerRole',
  'Organization',
  'Location',
  'Medication',
  'Device',
  'Task',
])('%s is a supporting type', (type) => {
  expect(supportingTypes.has(type)).toBe(true);
});

test.each(['Patient', 'Group', 'Observation', 'Provenance', 'Binary', 'Bundle', 'Parameters'])(
  '%s is none',
  (type) => {
    expect(supportingTypes.has(type)).toBe(false);
  },
);
