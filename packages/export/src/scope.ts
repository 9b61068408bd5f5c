import { patientCompartmentTypes, supportingTypes } from '@sluice/fhir';
import type { KickOff, Level } from './export.ts';

/** Which types an export holds, and how each is found. */
export interface Scope {
  /** Read by the level itself: everything, or what is in compartments; in the order in which parts are made. */
  readonly direct: readonly string[];
  /** Outside the compartment: only what exported resources refer to. */
  readonly supporting: readonly string[];
  /** The types of the compartment whose references count. */
  readonly sources: readonly string[];
  /** Provenance is found by its targets, not read as `direct`. */
  readonly provenance: boolean;
  /** Its targets are what is exported (includeAssociatedData), not what is in compartments. */
  readonly exportedTargets: boolean;
}

/** The types of the Patient compartment but Group, which tells of other patients too (SPEC F-066). */
export function typesOfLevel(level: Level): string[] {
  return level === 'system' ? [] : [...patientCompartmentTypes].filter((type) => type !== 'Group');
}

/**
 * Decides which of the stored types an export holds.
 *
 * @param supportingResources whether exports of patients hold what their data refers to outside the compartment
 */
export function scopeOf(
  kickOff: KickOff,
  stored: readonly string[],
  supportingResources: boolean,
): Scope {
  const { level, types, associated } = kickOff;
  const named = stored.filter((type) => types?.includes(type) ?? true);
  const compartment = named.filter(
    (type) => patientCompartmentTypes.has(type) && (type !== 'Group' || types !== undefined),
  );
  const supporting =
    level === 'system' || !supportingResources
      ? []
      : named.filter((type) => supportingTypes.has(type));
  // A Device that is a patient's is that patient's data, though the compartment leaves it out (SPEC F-070).
  const devices = supporting.filter((type) => type === 'Device');
  const direct =
    level === 'system'
      ? named
      : stored.filter((type) => [...compartment, ...devices].includes(type));
  const byTargets = associated?.provenance !== undefined || level !== 'system';
  const exportedTargets = associated?.provenance !== undefined;
  const provenance =
    byTargets &&
    (exportedTargets || direct.includes('Provenance')) &&
    stored.includes('Provenance');
  const sources = sourcesOf(types, direct, stored);
  return {
    direct: byTargets ? direct.filter((type) => type !== 'Provenance') : direct,
    supporting,
    sources: [...new Set([...sources, ...(provenance ? ['Provenance'] : [])])],
    provenance,
    exportedTargets,
  };
}

/**
 * When `_type` names supporting types alone, what the patients' data refers to is meant; whether
 * anything is stored of a type that it names plays no part.
 */
function sourcesOf(
  types: readonly string[] | undefined,
  direct: readonly string[],
  stored: readonly string[],
): string[] {
  const inCompartment = (type: string): boolean => patientCompartmentTypes.has(type);
  const namesTheirs = types === undefined || types.some(inCompartment);
  return namesTheirs
    ? direct.filter(inCompartment)
    : stored.filter((type) => inCompartment(type) && type !== 'Group');
}
