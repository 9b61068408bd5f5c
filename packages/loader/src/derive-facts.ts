import {
  compartmentPatients,
  type ConditionalReference,
  type LocalBases,
  type MentionedResources,
  mentionedResources,
  patientCompartmentTypes,
  provenanceTargets,
  targetOf,
} from '@sluice/fhir';

/** What the store has to know of a resource beside its text. */
export interface DerivedFacts {
  /** Patients whose compartments it is in, primary first; outside the compartment, those it mentions. Ids, or `?search`. */
  readonly patients: readonly string[];
  /** `Type/id`, or `Type?search`, of the supporting resources that it refers to. */
  readonly supporting: readonly string[];
  /** Of a Provenance: what it is about, and when it was recorded. */
  readonly targets: readonly string[];
  readonly recorded: string | undefined;
  /** What the searches in all of these look for. */
  readonly conditional: readonly ConditionalReference[];
  readonly lost: MentionedResources['lost'];
}

/** Derives from a parsed resource, given the names of the store, what exports follow. */
export function deriveFacts(
  type: string,
  resource: Readonly<Record<string, unknown>>,
  bases?: LocalBases,
): DerivedFacts {
  const { patients, supporting, conditional, lost } = mentionedResources(resource, bases);
  const { targets, recorded } = provenanceTargets(resource, bases);
  const searched = targets.filter((key) => key.includes('?'));
  return {
    patients: patientCompartmentTypes.has(type) ? compartmentPatients(resource, bases) : patients,
    supporting,
    targets,
    recorded,
    conditional: [...conditional, ...searched.flatMap((key) => targetOf(key)?.conditional ?? [])],
    lost,
  };
}
