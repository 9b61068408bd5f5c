import { whyNotListed } from './group-definition.ts';

const member = [{ entity: { reference: 'Patient/p' } }];
const characteristic = [{ code: { text: 'gender' }, valueCodeableConcept: { text: 'female' } }];
const modifierExtension = [
  { url: 'http://hl7.org/fhir/uv/bulkdata/StructureDefinition/member-filter' },
];

test.each<[object, RegExp]>([
  [{ actual: false }, /as a kind of person/],
  [{ actual: false, member: [] }, /as a kind of person/],
  [{ actual: false, characteristic }, /by characteristics/],
  [{ actual: true, characteristic }, /by characteristics/],
  [{ actual: true, modifierExtension }, /by a member filter/],
])('%j describes its members', (group, how) => {
  expect(whyNotListed(group)).toMatch(how);
});

test.each([
  [{ actual: true }],
  [{ actual: true, member: [] }],
  [{ actual: true, member, characteristic }],
  [{ actual: false, member }],
  [{ actual: true, characteristic: 'none', modifierExtension: [null, { url: 'urn:other' }] }],
])('%j lists its members', (group) => {
  expect(whyNotListed(group)).toBeUndefined();
});
