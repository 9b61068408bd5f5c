import { patientCompartmentTypes } from '@sluice/fhir';

/** What a type counts as in the metrics, which must not have a series for each. */
export function typeClass(type: string): 'patient' | 'compartment' | 'other' {
  if (type === 'Patient') return 'patient';
  return patientCompartmentTypes.has(type) ? 'compartment' : 'other';
}
