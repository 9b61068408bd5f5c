import { filtersOf, isLimitedToPatients, type Rights, type TypeRights } from '@sluice/auth';
import {
  compartmentPatients,
  compileFilterLists,
  mentionedPatients,
  patientCompartmentTypes,
} from '@sluice/fhir';
import { findSearched, keepMembers } from '@sluice/postgres';
import type { Dependencies } from './dependencies.ts';

/** A parsed resource. */
type Resource = Readonly<Record<string, unknown>>;

type Naming = Pick<Dependencies, 'baseUrl' | 'otherBases'>;

/** How to tell whether a resource of a type matches the searches that limit the type. `undefined`: no resource of the type may be seen. */
export function permittedRow(
  of: TypeRights,
  type: string,
  { baseUrl, otherBases, now }: Naming & Pick<Dependencies, 'now'>,
): ((resource: Resource) => boolean) | undefined {
  const filters = filtersOf(of, type);
  if (filters === undefined) return undefined;
  return compileFilterLists(type, filters, { baseUrl, otherBases, nowMs: now() });
}

/** The same, and that the resource is of a permitted patient, or of none. */
export function permittedResource(
  rights: Rights,
  of: TypeRights,
  type: string,
  deps: Naming & Pick<Dependencies, 'now' | 'pool'>,
): ((resource: Resource) => Promise<boolean>) | undefined {
  const passes = permittedRow(of, type, deps);
  if (passes === undefined) return undefined;
  // Which Groups may be seen is among the searches.
  if (!isLimitedToPatients(rights) || type === 'Group') {
    return (resource) => Promise.resolve(passes(resource));
  }
  return async (resource) => passes(resource) && (await isOfPatients(deps, rights, type, resource));
}

/** What holds resources of any patient, which are not looked into. */
const containers = new Set(['Bundle', 'Parameters']);

/**
 * Whether a resource is in the compartment of a patient whose data a client may have; outside the compartment: mentions no others.
 * Members of Groups are those of now.
 */
export async function isOfPatients(
  deps: Naming & Pick<Dependencies, 'pool'>,
  rights: Pick<Rights, 'patients' | 'membersOf'>,
  type: string,
  resource: Resource,
): Promise<boolean> {
  if (containers.has(type)) return false;
  const bases = [deps.baseUrl, ...deps.otherBases];
  const isTheirs = patientCompartmentTypes.has(type);
  const patients = isTheirs
    ? compartmentPatients(resource, bases)
    : mentionedPatients(resource, bases);
  const permitted = await keepPermitted(deps, rights, [...patients]);
  return isTheirs ? permitted.size > 0 : permitted.size === new Set(patients).size;
}

/** Of patients, or searches that stand for patients, those whose data a client may have. */
async function keepPermitted(
  { pool, baseUrl, otherBases }: Naming & Pick<Dependencies, 'pool'>,
  { patients, membersOf }: Pick<Rights, 'patients' | 'membersOf'>,
  named: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await findSearched(
    pool,
    named.filter((id) => id.startsWith('?')),
  );
  const idOf = (name: string): string => found.get(name) ?? name;
  const listed = new Set(patients);
  const ids = named.map(idOf).filter((id) => patients === undefined || listed.has(id));
  const bases = [baseUrl, ...otherBases];
  const members =
    membersOf === undefined ? new Set(ids) : await keepMembers(pool, membersOf, ids, { bases });
  return new Set(named.filter((name) => members.has(idOf(name))));
}

/** Whether any resource of a type that is there may be seen: only then it is told of deleted ones. */
export function isUnlimited(rights: Rights, of: TypeRights, type: string): boolean {
  return !isLimitedToPatients(rights) && filtersOf(of, type)?.length === 0;
}
