import type { KickOff } from './export.ts';
import { isAskedFor } from './kick-off-types.ts';

/** What a client may export. */
export interface ExportRights {
  readonly types: 'all' | ReadonlySet<string>;
  /** By type the searches of which a resource has to match one; types that are not here are not filtered. */
  readonly rowFilters: ReadonlyMap<string, readonly string[]>;
  /** Groups that it may export; absent: all. */
  readonly groups?: readonly string[] | undefined;
  /** Patients whose data it may have; absent: all. */
  readonly patients?: readonly string[] | undefined;
}

/** Whether all of an export may be had with these rights, which need not be those that it was started with. SPEC B-003, G-077 */
export function mayHaveExport(kickOff: KickOff, rights: ExportRights): boolean {
  const { level, groupId, patients, types } = kickOff;
  if (groupId !== undefined && rights.groups?.includes(groupId) === false) return false;
  if (rights.patients !== undefined) {
    const permitted = new Set(rights.patients);
    if (patients?.every((id) => permitted.has(id)) !== true) return false;
  }
  if (types !== undefined) return types.every((type) => mayHaveType(kickOff, type, rights));
  return (
    rights.types === 'all' &&
    [...rights.rowFilters.keys()]
      .filter((type) => isAskedFor(type, level, undefined))
      .every((type) => mayHaveType(kickOff, type, rights))
  );
}

/** Whether the resources of a type in an export may be had with these rights. */
export function mayHaveType(kickOff: KickOff, type: string, rights: ExportRights): boolean {
  if (rights.types !== 'all' && !rights.types.has(type)) return false;
  const filters = rights.rowFilters.get(type);
  if (filters === undefined) return true;
  return kickOff.rowFilters?.[type]?.every((filter) => filters.includes(filter)) === true;
}
