import { patientCompartmentPaths } from './generated/definitions.ts';
import { parseIdentifierSearch } from './identifier-search.ts';
import { isId } from './ids.ts';
import { type LocalBases, readReference } from './reference.ts';

const pathsByType = new Map(
  Object.entries(patientCompartmentPaths).map(([type, paths]) => [
    type,
    paths.map((path) => path.split('.')),
  ]),
);

/**
 * Finds the patients whose compartment a parsed resource is in: their logical ids, each once, the one the resource
 * is about first. A Patient is in its own compartment and in those of the patients it links to. References to this store
 * count, under any of the names in `bases`; of a conditional one that the store can follow, the search (`?identifier=…`) stands for the id. The empty
 * list means the resource is in no compartment, which is the answer for every type outside `patientCompartmentTypes`.
 * https://hl7.org/fhir/R4/compartmentdefinition-patient.html
 */
export function compartmentPatients(
  resource: Readonly<Record<string, unknown>>,
  bases?: LocalBases,
): string[] {
  const { resourceType, id } = resource;
  const patients = new Set<string>();
  if (resourceType === 'Patient' && typeof id === 'string' && isId(id)) {
    patients.add(id);
  }
  const paths = typeof resourceType === 'string' ? pathsByType.get(resourceType) : undefined;
  for (const path of paths ?? []) {
    collect(resource, path, 0, bases, patients);
  }
  return [...patients];
}

/** Follows the path from `depth` on, through arrays wherever they are, to the references at its end. */
function collect(
  value: unknown,
  path: readonly string[],
  depth: number,
  bases: LocalBases | undefined,
  patients: Set<string>,
): void {
  if (Array.isArray(value)) {
    for (const item of value) {
      collect(item, path, depth, bases, patients);
    }
    return;
  }
  if (typeof value !== 'object' || value === null) {
    return;
  }
  const name = path[depth] ?? 'reference';
  const next = (value as Readonly<Record<string, unknown>>)[name];
  if (depth < path.length) {
    collect(next, path, depth + 1, bases, patients);
    return;
  }
  const meaning = typeof next === 'string' ? readReference(next, bases) : undefined;
  if (meaning?.kind === 'literal' && meaning.type === 'Patient') {
    patients.add(meaning.id);
  } else if (meaning?.kind === 'conditional' && meaning.type === 'Patient') {
    if (parseIdentifierSearch(meaning.search)) patients.add(meaning.search);
  }
}
