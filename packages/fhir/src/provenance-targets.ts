import { parseInstant } from './instant.ts';
import { type LocalBases } from './reference.ts';
import { targetOf } from './reference-target.ts';

/** What a Provenance is about. */
export interface ProvenanceTargets {
  /** `Type/id`, or `Type?search` of conditional ones, each once, sorted. */
  readonly targets: string[];
  /** When it was recorded, in UTC, as far as that is an instant. */
  readonly recorded?: string;
}

/**
 * Reads whose Provenance a parsed resource is: its targets in this store, under any of the names in `bases`, whatever
 * version they name. Anything but a Provenance has none. SPEC F-035 to F-038; https://hl7.org/fhir/R4/provenance.html
 */
export function provenanceTargets(
  resource: Readonly<Record<string, unknown>>,
  bases?: LocalBases,
): ProvenanceTargets {
  if (resource['resourceType'] !== 'Provenance') return { targets: [] };
  const { target, recorded } = resource;
  const targets = new Set<string>();
  for (const each of Array.isArray(target) ? (target as readonly unknown[]) : []) {
    const { reference } = (each ?? {}) as Partial<Record<string, unknown>>;
    const found = typeof reference === 'string' ? targetOf(reference, bases) : undefined;
    if (found) targets.add(found.key);
  }
  const instant = typeof recorded === 'string' ? parseInstant(recorded) : undefined;
  return { targets: [...targets].sort(), ...(instant && { recorded: instant.text }) };
}
