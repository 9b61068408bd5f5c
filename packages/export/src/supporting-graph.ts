import { patientCompartmentTypes, supportingDepth, supportingTypes } from '@sluice/fhir';
import type { DefinitionOptions } from './operation-definition.ts';

/**
 * Builds the GraphDefinition of what patient and group exports hold: a patient, what is in their
 * compartment, and what that refers to outside it. It goes on from there as from the first step, which a
 * graph cannot say but in words. SPEC H-022, https://hl7.org/fhir/R4/graphdefinition.html
 */
export function supportingGraph({
  baseUrl,
  version,
  date,
  supportingResources,
}: DefinitionOptions): object {
  const comesAlong = supportingResources !== 'off';
  return {
    resourceType: 'GraphDefinition',
    id: 'patient-data',
    url: `${baseUrl}/GraphDefinition/patient-data`,
    version,
    name: 'SluicePatientData',
    status: 'active',
    date,
    description: comesAlong ? describe() : 'The patient and the Patient compartment, nothing else.',
    start: 'Patient',
    link: [...patientCompartmentTypes].sort().map((type) => ({
      min: 0,
      max: '*',
      target: [
        {
          type,
          compartment: [{ use: 'requirement', code: 'Patient', rule: 'matching' }],
          ...(comesAlong ? { link: [anyReference] } : {}),
        },
      ],
    })),
  };
}

const anyReference = {
  path: 'descendants().ofType(Reference)',
  min: 0,
  max: '*',
  target: [{ type: 'Resource' }],
};

function describe(): string {
  return [
    `The patient, the Patient compartment, and what its resources refer to outside it, at most ${supportingDepth} references away,`,
    'each once, never what mentions a patient who is not exported.',
    `Types that come so: ${[...supportingTypes].sort().join(', ')}.`,
  ].join(' ');
}
