import { type ConditionalReference, toTarget } from './reference-target.ts';
import { type LocalBases, readReference } from './reference.ts';
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
  /** `Type/id` of supporting types, or `Type?search` of conditional references, each once, sorted. */
  readonly supporting: string[];
  /** Ids of patients, or the searches that stand for them, each once, sorted. */
  readonly patients: string[];
  /** The conditional ones among them, and those to Groups. */
  readonly conditional: readonly ConditionalReference[];
  /** References that lead nowhere in this store, as they are written. */
  readonly lost: readonly LostReference[];
}

/** A reference that cannot be followed: to another server, to a `urn:`, or a search that is none for an identifier. */
export interface LostReference {
  readonly kind: 'elsewhere' | 'urn' | 'search';
  readonly text: string;
}

/**
 * Finds what the references of a parsed resource name, wherever they are, contained resources and extensions included, in one walk.
 * References to this store count, under any of the names in `bases`; what `Reference.identifier`, canonicals and URIs name does
 * not. It is enough that the objects with a `reference` in them are there: what `scanResource` gives will do.
 */
export function mentionedResources(
  resource: Readonly<Record<string, unknown>>,
  bases?: LocalBases,
): MentionedResources {
  const supporting = new Set<string>();
  const patients = new Set<string>();
  const conditional: ConditionalReference[] = [];
  const lost: LostReference[] = [];
  forEachReference(resource, isOfNote, (text) => {
    const meaning = readReference(text, bases);
    const target = toTarget(meaning);
    if (target === undefined) {
      const kind = kindOfLoss[meaning.kind];
      if (kind) lost.push({ kind, text });
    } else if (target.type === 'Group') {
      // Members of a Group that is a member are looked up when they are exported.
      if (target.conditional) conditional.push(target.conditional);
    } else if (isOfNote(target.type)) {
      if (target.conditional) conditional.push(target.conditional);
      if (target.type === 'Patient') patients.add(target.id);
      else supporting.add(target.key);
    }
  });
  return {
    supporting: [...supporting].sort(),
    patients: [...patients].sort(),
    conditional,
    lost,
  };
}

/** The `patients` of `mentionedResources`: for types outside the compartment, whose resources can be about a patient all the same. */
export function mentionedPatients(
  resource: Readonly<Record<string, unknown>>,
  bases?: LocalBases,
): string[] {
  return mentionedResources(resource, bases).patients;
}

/** Calls `found` for each reference of a parsed resource, as it is written. */
export function forEveryReference(resource: object, found: (text: string) => void): void {
  forEachReference(resource, () => true, found);
}

const isOfNote = (type: string): boolean => type === 'Patient' || supportingTypes.has(type);

const kindOfLoss: Readonly<Partial<Record<string, LostReference['kind']>>> = {
  elsewhere: 'elsewhere',
  urn: 'urn',
  conditional: 'search',
};

/** Calls `found` for each reference that may be to a type that `isWanted`. Nesting is not recursed into, so depth costs nothing. */
function forEachReference(
  resource: object,
  isWanted: (type: string) => boolean,
  found: (text: string) => void,
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
        found(value);
      }
    }
  }
}

/** False for relative references to other types, which are most: that can be told far more cheaply than by parsing. */
function mayBe(reference: string, isWanted: (type: string) => boolean): boolean {
  const first = reference.slice(0, reference.indexOf('/'));
  return (
    first === '' ||
    first.endsWith(':') ||
    isWanted(first) ||
    reference.includes('?') ||
    reference.startsWith('urn:')
  );
}
