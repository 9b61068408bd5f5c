import { provenanceTargets } from './provenance-targets.ts';

const provenance = (more: object) => ({ resourceType: 'Provenance', ...more });

test('targets in this store are found, each once and sorted, whatever version they name', () => {
  const target = [
    'Patient/p',
    'Observation/2/_history/1',
    'https://example.org/fhir/Observation/1',
    'Observation/2',
    'https://other.org/fhir/Observation/3',
    '#x',
    'urn:uuid:1',
  ].map((reference) => ({ reference }));
  expect(provenanceTargets(provenance({ target }), 'https://example.org/fhir')).toEqual({
    targets: ['Observation/1', 'Observation/2', 'Patient/p'],
  });
});

test('the time of recording comes in UTC', () => {
  expect(provenanceTargets(provenance({ recorded: '2020-01-01T00:00:00.5+01:00' }))).toEqual({
    targets: [],
    recorded: '2019-12-31T23:00:00.500000Z',
  });
});

test.each<[string, Record<string, unknown>]>([
  ['another type', { resourceType: 'Observation', target: [{ reference: 'Patient/p' }] }],
  ['odd shapes', provenance({ target: [null, 1, { reference: 1 }, {}], recorded: '2020' })],
  ['a target that is no list', provenance({ target: { reference: 'Patient/p' }, recorded: 1 })],
])('%s: none', (_title, resource) => {
  expect(provenanceTargets(resource)).toEqual({ targets: [] });
});
