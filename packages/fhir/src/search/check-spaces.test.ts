import { checkSpaces } from './check-spaces.ts';

test.each([
  ['Observation', 'code=A+B'],
  ['Observation', 'code=A B'],
  ['Observation', 'status=final&code:not=http://loinc.org|A+B'],
  ['Observation', 'code=X,A+B'],
  ['Observation', 'subject=https://ehr.example/Patient/a+b'],
  ['Observation', 'subject:identifier=urn:x|a+b'],
  ['Observation', 'value-quantity=5|http://unitsofmeasure.org|10+3'],
  ['ValueSet', 'url=http://example.org/a+b'],
])('%s?%s is refused, since its plus may be a space', (type, query) => {
  expect(() => checkSpaces(type, query)).toThrow(/%2B for a plus and %20 for a space/);
});

test.each([
  ['Observation', 'code=A%2BB'],
  ['Observation', 'code=A%20B'],
  ['Observation', 'code:text=blood pressure'],
  ['Patient', 'name=Anna+Maria'],
  ['Observation', 'date=ge2020-01-01T00:00:00+02:00'],
  ['Observation', 'date=ge2020-01-01T00:00:00 02:00'],
  ['Observation', 'code=8867-4'],
])('%s?%s says what it means', (type, query) => {
  expect(() => checkSpaces(type, query)).not.toThrow();
});
