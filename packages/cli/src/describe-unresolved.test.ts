import { describeUnresolved } from './describe-unresolved.ts';

test('examples are shown, but not which patient they name', () => {
  const examples = [
    'Practitioner/1',
    'Patient/p1',
    'https://ehr.example/fhir/Patient/p2/_history/1',
    'Patient?identifier=urn:mrn|4711',
  ];
  const [line] = describeUnresolved([{ kind: 'missing', count: 4000, examples }]);
  expect(line).toBe(
    'Resources that are referred to and missing: 4,000, such as Practitioner/1, Patient/…, https://ehr.example/fhir/Patient/…, Patient?…. Load them.',
  );
});
