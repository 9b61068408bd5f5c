import { addedCases } from './type-filter/added.ts';
import { administrationCases } from './type-filter/administration.ts';
import { clinicalCases } from './type-filter/clinical.ts';
import type { TypeFilterCase } from './type-filter/expectations.ts';
import { observationCases } from './type-filter/observations.ts';
import { patientCases } from './type-filter/patients.ts';

export { addedResources } from './type-filter/added.ts';
export type { TypeFilterCase } from './type-filter/expectations.ts';

/**
 * `_typeFilter`s over every parameter type, modifier and prefix, for the Synthea data and `addedResources`, with what they select. Each selects
 * something and leaves something out. Nothing here comes from the code under test.
 */
export const typeFilterCases: readonly TypeFilterCase[] = [
  ...observationCases,
  ...patientCases,
  ...clinicalCases,
  ...administrationCases,
  ...addedCases,
];
