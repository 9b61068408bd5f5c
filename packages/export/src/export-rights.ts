import type { FilterLists } from '@sluice/fhir';
import type { KickOffSummary } from './export.ts';
import { isAskedFor } from './kick-off-types.ts';

/** What a client may export. */
export interface ExportRights {
  readonly types: 'all' | ReadonlySet<string>;
  /** By type the searches that a resource has to match; types that are not here are not filtered. */
  readonly rowFilters: ReadonlyMap<string, FilterLists>;
  /** Groups that it may export; absent: all. */
  readonly groups?: readonly string[] | undefined;
  /** Patients whose data it may have; absent: all. */
  readonly patients?: readonly string[] | undefined;
  /** Groups whose members' data alone it may have; absent: everybody's. */
  readonly membersOf?: readonly string[] | undefined;
}

/**
 * Whether all of an export may be had with these rights, which need not be those that it was started with. Where they are
 * limited to patients, the caller has to look up as well whether it is of these alone. SPEC B-003, G-077
 */
export function mayHaveExport(kickOff: KickOffSummary, rights: ExportRights): boolean {
  const { level, types } = kickOff;
  if (!isWithinLimits(kickOff, rights)) return false;
  if (types !== undefined) return types.every((type) => mayHaveType(kickOff, type, rights));
  return (
    rights.types === 'all' &&
    [...rights.rowFilters.keys()]
      .filter((type) => isAskedFor(type, level, undefined))
      .every((type) => mayHaveType(kickOff, type, rights))
  );
}

/**
 * Whether an export holds the data of no patients but those that a client is limited to, as far as its kick-off says: members of a
 * Group are those who were at its transactionTime. Where patients are listed, the caller has to look up whether it is of these alone.
 */
export function isWithinLimits(
  { groupId, hasPatients, membersOf }: KickOffSummary,
  rights: Pick<ExportRights, 'groups' | 'patients' | 'membersOf'>,
): boolean {
  if (groupId !== undefined && rights.groups?.includes(groupId) === false) return false;
  if (rights.patients !== undefined && hasPatients !== true) return false;
  const permitted = rights.membersOf;
  if (permitted === undefined) return true;
  const groups = groupId === undefined ? membersOf : [groupId];
  return groups?.every((id) => permitted.includes(id)) === true;
}

/** Whether the resources of a type in an export may be had with these rights. */
export function mayHaveType(kickOff: KickOffSummary, type: string, rights: ExportRights): boolean {
  if (rights.types !== 'all' && !rights.types.has(type)) return false;
  const held = kickOff.rowFilters?.[type] ?? [];
  const needed = rights.rowFilters.get(type) ?? [];
  return needed.every((list) => {
    const permitted = new Set(list);
    return held.some((queries) => queries.every((query) => permitted.has(query)));
  });
}
