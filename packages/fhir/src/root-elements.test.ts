import { resourceTypes } from './resource-types.ts';
import { isElementOf, rootElementsOf } from './root-elements.ts';

const essential = (type: string) =>
  rootElementsOf(type)
    .filter(({ isEssential }) => isEssential)
    .map(({ name }) => name);

test('every type has its root elements', () => {
  for (const type of resourceTypes) {
    expect([type, rootElementsOf(type).length > 4]).toEqual([type, true]);
  }
});

test.each([
  ['Patient', 'implicitRules modifierExtension active deceased link'],
  ['Observation', 'implicitRules modifierExtension status code'],
  [
    'AllergyIntolerance',
    'implicitRules modifierExtension clinicalStatus verificationStatus patient',
  ],
  [
    'MedicationRequest',
    'implicitRules modifierExtension status intent doNotPerform medication subject',
  ],
  ['EvidenceVariable', 'implicitRules modifierExtension status characteristic'],
  ['Binary', 'implicitRules contentType'],
])('what is mandatory or a modifier in %s is essential', (type, names) => {
  expect(essential(type)).toEqual(names.split(' '));
});

test.each([
  ['Patient', 'id'],
  ['Patient', 'meta'],
  ['Patient', 'birthDate'],
  ['Patient', 'text'],
  ['Patient', 'modifierExtension'],
  ['Patient', 'deceased'],
  ['Patient', 'deceasedDateTime'],
  ['Observation', 'value'],
  ['Observation', 'valueQuantity'],
  ['ResearchStudy', 'site'],
])('%s has an element %s', (type, name) => {
  expect(isElementOf(type, name)).toBe(true);
});

test.each([
  ['Patient', 'nonsense'],
  ['Patient', 'name.family'],
  ['Patient', 'valueQuantity'],
  ['Patient', '_birthDate'],
  ['Patient', 'resourceType'],
  ['Observation', 'valueAddress'],
  ['Observation', 'value[x]'],
  ['Binary', 'text'],
  ['Binary', 'url'],
  ['ResearchStudy', 'whyStopped'],
  ['x', 'id'],
  ['toString', 'id'],
  ['Parameters', 'id'],
])('%s has no element %s', (type, name) => {
  expect(isElementOf(type, name)).toBe(false);
});
