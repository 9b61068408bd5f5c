import { parseReference } from './reference.ts';
import { patientCompartmentTypes, resourceTypes } from './resource-types.ts';

/**
 * The types outside the Patient compartment that a resource of a patient can need to be understood, such as Practitioner, Location and
 * Medication: all of R4 but Binary and Bundle, which are not what they hold. SPEC F.6
 */
export const supportingTypes: ReadonlySet<string> = new Set(
  [...resourceTypes].filter(
    (type) => !patientCompartmentTypes.has(type) && type !== 'Binary' && type !== 'Bundle',
  ),
);

/** How many references lead from an exported resource to a supporting one at the most: Encounter → Location → Organization → its parent. */
export const supportingDepth = 3;

/** What a resource refers to, as far as it decides what goes along with what. */
export interface MentionedResources {
  /** `Type/id` of supporting types, each once, sorted. */
  readonly supporting: string[];
  /** Ids of patients, each once, sorted. */
  readonly patients: string[];
}

/**
 * Finds what the references of a parsed resource name, wherever they are, contained resources and extensions included, in one walk.
 * Only literal references to this store count, relative ones or such that begin with `baseUrl`; what `Reference.identifier`,
 * canonicals and URIs name does not. It is enough that the objects with a `reference` in them are there: what `scanResource` gives will do.
 */
export function mentionedResources(
  resource: Readonly<Record<string, unknown>>,
  baseUrl?: string,
): MentionedResources {
  const supporting = new Set<string>();
  const patients = new Set<string>();
  forEachReference(resource, baseUrl, isOfNote, (type, id) => {
    if (type === 'Patient') patients.add(id);
    else supporting.add(`${type}/${id}`);
  });
  return { supporting: [...supporting].sort(), patients: [...patients].sort() };
}

/** The `supporting` of `mentionedResources`: what an export of this resource may have to bring along. Made for every resource that is loaded. */
export function supportingReferences(
  resource: Readonly<Record<string, unknown>>,
  baseUrl?: string,
): string[] {
  const found = new Set<string>();
  forEachReference(resource, baseUrl, isSupporting, (type, id) => found.add(`${type}/${id}`));
  return [...found].sort();
}

/** The `patients` of `mentionedResources`: for types outside the compartment, whose resources can be about a patient all the same. */
export function mentionedPatients(
  resource: Readonly<Record<string, unknown>>,
  baseUrl?: string,
): string[] {
  return mentionedResources(resource, baseUrl).patients;
}

const isSupporting = (type: string): boolean => supportingTypes.has(type);
const isOfNote = (type: string): boolean => type === 'Patient' || supportingTypes.has(type);

/** Calls `found` for each reference to a type that `isWanted`. Nesting is not recursed into, so depth costs nothing. */
function forEachReference(
  resource: object,
  baseUrl: string | undefined,
  isWanted: (type: string) => boolean,
  found: (type: string, id: string) => void,
): void {
  const open: object[] = [resource];
  for (let object = open.pop(); object !== undefined; object = open.pop()) {
    if (Array.isArray(object)) {
      for (const item of object as readonly unknown[]) {
        if (typeof item === 'object' && item !== null) open.push(item);
      }
      continue;
    }
    const members = object as Readonly<Record<string, unknown>>;
    for (const name in members) {
      const value = members[name];
      if (typeof value === 'object' && value !== null) {
        open.push(value);
      } else if (name === 'reference' && typeof value === 'string' && mayBe(value, isWanted)) {
        const reference = parseReference(value, baseUrl);
        if (reference && isWanted(reference.type)) found(reference.type, reference.id);
      }
    }
  }
}

/** False for relative references to other types, which are most: that can be told far more cheaply than by parsing. */
function mayBe(reference: string, isWanted: (type: string) => boolean): boolean {
  const first = reference.slice(0, reference.indexOf('/'));
  return first === '' || first.endsWith(':') || isWanted(first);
}
