import { resourceTypes } from '@sluice/fhir';
import type { ExportRights } from './export-rights.ts';
import type { KickOff, Level } from './export.ts';
import type { Findings } from './findings.ts';
import type { KickOffOptions, KickOffRequest } from './kick-off-request.ts';
import { isAskedFor, outsideLevel } from './kick-off-types.ts';
import { named } from './quoted.ts';
import { missingScopes } from './missing-scopes.ts';

/** What of a kick-off is subject to rights. */
interface Asked {
  readonly types: readonly string[] | undefined;
  readonly typeFilters: Readonly<Record<string, readonly string[]>> | undefined;
  readonly patients: readonly string[] | undefined;
}

type Permitted = 'types' | 'typeFilters' | 'rowFilters' | 'patients' | 'membersOf';

/**
 * The level at which a kick-off is carried out. Of everything, a client limited to patients may have what is theirs: what
 * Patient/$export gives.
 */
export function levelFor(level: Level, rights: ExportRights | undefined): Level {
  const isLimited = rights?.patients !== undefined || rights?.membersOf !== undefined;
  return level === 'system' && isLimited ? 'patient' : level;
}

/**
 * Brings what is asked for within what the client may have. Types and patients that are named and not permitted are
 * refused, or left out of a lenient request; without `_type` the permitted types are exported. Where the client may see
 * some resources of a type only, that is noted beside its filters. SPEC G-066 … G-068
 */
export function applyRights(
  asked: Asked,
  request: KickOffRequest,
  options: KickOffOptions,
  findings: Findings,
): Pick<KickOff, Permitted> {
  const { rights } = options;
  if (rights === undefined)
    return present({ ...asked, rowFilters: undefined, membersOf: undefined });
  checkGroup(request, rights, findings);
  const types = permittedTypes(asked.types, request, options, rights, findings);
  const typeFilters = permittedFilters(asked.typeFilters, rights, findings);
  const rowFilters = Object.fromEntries(
    [...rights.rowFilters].filter(([type]) => isAskedFor(type, request.level, types)),
  );
  const patients = permittedPatients(asked.patients, rights, findings);
  const membersOf = permittedMembers(request, rights, findings);
  return present({ types, typeFilters, rowFilters, patients, membersOf });
}

function checkGroup(request: KickOffRequest, { groups }: ExportRights, findings: Findings): void {
  const { groupId } = request;
  if (groupId === undefined || groups === undefined || groups.includes(groupId)) return;
  findings.reject('forbidden', 'Group', 'The client may not export this Group.', 'forbidden');
}

function permittedTypes(
  types: readonly string[] | undefined,
  { level }: KickOffRequest,
  options: KickOffOptions,
  rights: ExportRights,
  findings: Findings,
): readonly string[] | undefined {
  if (rights.types === 'all') return types;
  const { types: permitted } = rights;
  if (types === undefined) {
    const all = [...resourceTypes].filter(
      (type) =>
        permitted.has(type) &&
        isAskedFor(type, level, undefined) &&
        outsideLevel(type, level, options) === undefined,
    );
    if (all.length > 0) return all;
    const text = `The client may export no type that an export at ${level} level can hold; missing scope: such as system/Patient.rs or system/*.rs.`;
    findings.reject('forbidden', '_type', text, 'forbidden');
    return [];
  }
  const refused = types.filter((type) => !permitted.has(type));
  if (refused.length === 0) return types;
  const text = `_type: the client may not export ${named(refused)}; ${missingScopes(refused)}.`;
  const kept = types.filter((type) => permitted.has(type));
  if (kept.length > 0) findings.forbidUnlessLenient('_type', text, 'It was left out.');
  else findings.reject('forbidden', '_type', text, 'forbidden');
  return kept;
}

function permittedFilters(
  given: Asked['typeFilters'],
  rights: ExportRights,
  findings: Findings,
): Asked['typeFilters'] {
  const { types } = rights;
  if (given === undefined || types === 'all') return given;
  const refused = Object.keys(given).filter((type) => !types.has(type));
  if (refused.length === 0) return given;
  const text = `_typeFilter: the client may not export ${named(refused)}; ${missingScopes(refused)}.`;
  findings.forbidUnlessLenient('_typeFilter', text, 'It had no effect.');
  return Object.fromEntries(Object.entries(given).filter(([type]) => types.has(type)));
}

function permittedPatients(
  patients: readonly string[] | undefined,
  rights: ExportRights,
  findings: Findings,
): readonly string[] | undefined {
  if (rights.patients === undefined || patients === undefined) return patients;
  const permitted = new Set(rights.patients);
  const refused = patients.filter((id) => !permitted.has(id));
  if (refused.length === 0) return patients;
  const text = `patient: the client may not have the data of ${named(refused)}.`;
  const kept = patients.filter((id) => permitted.has(id));
  if (kept.length > 0) findings.forbidUnlessLenient('patient', text, 'They were left out.');
  else findings.reject('forbidden', 'patient', text, 'forbidden');
  return kept;
}

/** The Group of a Group export is one of them, so that its members are permitted. */
function permittedMembers(
  { level }: KickOffRequest,
  { membersOf }: ExportRights,
  findings: Findings,
): readonly string[] | undefined {
  if (level === 'group') return undefined;
  if (membersOf?.length === 0) {
    findings.reject(
      'forbidden',
      'Group',
      'The client may have the data of no patient.',
      'forbidden',
    );
  }
  return membersOf;
}

/** Without what is absent or empty. */
function present(found: {
  readonly [K in Permitted]: KickOff[K] | undefined;
}): Pick<KickOff, Permitted> {
  const { types, typeFilters, rowFilters, patients, membersOf } = found;
  const isEmpty = (value: object | undefined): boolean => Object.keys(value ?? {}).length === 0;
  return {
    ...(types === undefined ? {} : { types }),
    ...(typeFilters === undefined || isEmpty(typeFilters) ? {} : { typeFilters }),
    ...(rowFilters === undefined || isEmpty(rowFilters) ? {} : { rowFilters }),
    ...(patients === undefined ? {} : { patients }),
    ...(membersOf === undefined ? {} : { membersOf }),
  };
}
