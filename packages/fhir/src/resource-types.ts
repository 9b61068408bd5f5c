import { patientCompartmentPaths, storedResourceTypes } from './generated/definitions.ts';

/**
 * The 145 resource types of R4 that can be stored and asked for with `_type`: every concrete type but Parameters, which
 * only operations carry. Binary and Bundle are among them. Names are case-sensitive.
 * https://hl7.org/fhir/R4/resourcelist.html
 */
export const resourceTypes: ReadonlySet<string> = new Set(storedResourceTypes);

/**
 * The 66 resource types that can be in a Patient compartment, Patient itself included. Device, Location, Medication,
 * Organization, Practitioner and Task are not among them.
 * https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
export const patientCompartmentTypes: ReadonlySet<string> = new Set(
  Object.keys(patientCompartmentPaths),
);

/** Says whether `name` is a type that can be stored; `patient` and `Parameters` are not. */
export function isResourceType(name: string): boolean {
  return resourceTypes.has(name);
}
