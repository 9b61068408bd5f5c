import { parseInstant } from './instant.ts';
import { parseReference } from './reference.ts';

/** What a Provenance is about. */
export interface ProvenanceTargets {
  /** `Type/id`, each once, sorted. */
  readonly targets: string[];
  /** When it was recorded, in UTC, as far as that is an instant. */
  readonly recorded?: string;
}

/**
 * Reads whose Provenance a parsed resource is: its literal targets in this store, relative or beginning with `baseUrl`, whatever
 * version they name. Anything but a Provenance has none. SPEC F-035 to F-038; https://hl7.org/fhir/R4/provenance.html
 */
export function provenanceTargets(
  resource: Readonly<Record<string, unknown>>,
  baseUrl?: string,
): ProvenanceTargets {
  if (resource['resourceType'] !== 'Provenance') return { targets: [] };
  const { target, recorded } = resource;
  const targets = new Set<string>();
  for (const each of Array.isArray(target) ? (target as readonly unknown[]) : []) {
    const { reference } = (each ?? {}) as Partial<Record<string, unknown>>;
    const found = typeof reference === 'string' ? parseReference(reference, baseUrl) : undefined;
    if (found) targets.add(`${found.type}/${found.id}`);
  }
  const instant = typeof recorded === 'string' ? parseInstant(recorded) : undefined;
  return { targets: [...targets].sort(), ...(instant && { recorded: instant.text }) };
}
