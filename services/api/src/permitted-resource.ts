import { filtersOf, type Rights, type TypeRights } from '@sluice/auth';
import {
  compartmentPatients,
  compileFilterLists,
  mentionedPatients,
  patientCompartmentTypes,
} from '@sluice/fhir';

/** A parsed resource. */
type Resource = Readonly<Record<string, unknown>>;

/**
 * How to tell whether a resource of a type may be seen: it matches the searches that limit the type, and is of a permitted
 * patient, or of none. `undefined`: no resource of the type may be.
 */
export function permittedResource(
  rights: Rights,
  of: TypeRights,
  type: string,
  {
    baseUrl,
    otherBases,
    now,
  }: {
    readonly baseUrl: string;
    readonly otherBases: readonly string[];
    readonly now: () => number;
  },
): ((resource: Resource) => boolean) | undefined {
  const filters = filtersOf(of, type);
  if (filters === undefined) return undefined;
  const passes = compileFilterLists(type, filters, { baseUrl, otherBases, nowMs: now() });
  const { patients } = rights;
  // Which Groups may be seen is among the filters.
  if (patients === undefined || type === 'Group') return passes;
  const isPermitted = isOfPatients(type, patients, [baseUrl, ...otherBases]);
  return (resource) => passes(resource) && isPermitted(resource);
}

/** How to tell whether a resource is in the compartment of one of these patients; outside the compartment: mentions no others. */
export function isOfPatients(
  type: string,
  patients: readonly string[],
  bases: readonly string[],
): (resource: Resource) => boolean {
  const permitted = new Set(patients);
  if (patientCompartmentTypes.has(type)) {
    return (resource) => compartmentPatients(resource, bases).some((id) => permitted.has(id));
  }
  return (resource) => [...mentionedPatients(resource, bases)].every((id) => permitted.has(id));
}

/** Whether any resource of a type that is there may be seen: only then it is told of deleted ones. */
export function isUnlimited(rights: Rights, of: TypeRights, type: string): boolean {
  return rights.patients === undefined && filtersOf(of, type)?.length === 0;
}
