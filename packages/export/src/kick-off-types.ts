import { isResourceType, patientCompartmentTypes, supportingTypes } from '@sluice/fhir';
import type { Level } from './export.ts';
import type { Findings } from './findings.ts';
import { listedValues, type GivenParameters } from './kick-off-parameters.ts';
import type { KickOffOptions } from './kick-off-request.ts';
import { quoted } from './quoted.ts';

/** `_type`: which types to export. Repetition and comma lists mean the same. */
export function checkTypes(
  given: GivenParameters,
  level: Level,
  options: KickOffOptions,
  findings: Findings,
): string[] | undefined {
  if ((given.get('_type') ?? []).length === 0) return undefined;
  const names = listedValues(given, '_type');
  const types = names.filter((name) => checkType(name, level, options, findings));
  // Dropping every type must not end in an export of everything.
  if (types.length === 0 && (findings.lenient || names.length === 0)) {
    findings.reject('value', '_type', '_type names no type that can be exported.');
  }
  return types;
}

/** Why an export at this level cannot hold a resource type, as a sentence; `undefined`: it can. */
export function outsideLevel(
  type: string,
  level: Level,
  options: KickOffOptions,
): string | undefined {
  if (level === 'system' || patientCompartmentTypes.has(type)) return undefined;
  const where = `so an export at ${level} level cannot hold it`;
  if (!supportingTypes.has(type)) return `${type} is outside the Patient compartment, ${where}.`;
  if (options.supportingResources !== 'off') return undefined;
  return `${type} is outside the Patient compartment, and this server adds no supporting resources, ${where}.`;
}

/** Whether an export holds resources of a type that its level can hold, given what `_type` left. */
export function isAskedFor(
  type: string,
  level: Level,
  types: readonly string[] | undefined,
): boolean {
  // A Group tells of other patients too, so below system level it comes only when it is named (SPEC F-066).
  return types === undefined ? level === 'system' || type !== 'Group' : types.includes(type);
}

function checkType(
  name: string,
  level: Level,
  options: KickOffOptions,
  findings: Findings,
): boolean {
  if (!isResourceType(name)) {
    const text = `_type ${quoted(name)} is not a resource type of FHIR R4 that can be exported.`;
    findings.rejectUnlessLenient('value', '_type', text, 'It was left out.');
    return false;
  }
  const outside = outsideLevel(name, level, options);
  if (outside === undefined) return true;
  findings.rejectUnlessLenient('not-supported', '_type', `_type ${outside}`, 'It was left out.');
  return false;
}
