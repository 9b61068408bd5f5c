import { isResourceType, patientCompartmentTypes, resourceTypes } from './resource-types.ts';

test('R4 has 145 types that can be stored', () => {
  expect(resourceTypes.size).toBe(145);
});

test.each(['Patient', 'Binary', 'Bundle', 'CatalogEntry', 'VisionPrescription'])(
  '%s can be stored',
  (name) => {
    expect(isResourceType(name)).toBe(true);
  },
);

test.each([
  'patient',
  'Parameters',
  'Resource',
  'DomainResource',
  'SubscriptionStatus',
  '',
  'constructor',
])('%j cannot be stored', (name) => {
  expect(isResourceType(name)).toBe(false);
});

test('66 types can be in a Patient compartment, all of them types that can be stored', () => {
  expect(patientCompartmentTypes.size).toBe(66);
  expect([...patientCompartmentTypes].filter((name) => !isResourceType(name))).toEqual([]);
});

test.each(['Device', 'Location', 'Medication', 'Organization', 'Practitioner', 'Task', 'Binary'])(
  '%s is in no Patient compartment',
  (name) => {
    expect(patientCompartmentTypes.has(name)).toBe(false);
  },
);
