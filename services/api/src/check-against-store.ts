import { ExportError, keepPatients, type KickOff } from '@sluice/export';
import { isId } from '@sluice/fhir';
import { findUnknownPatients, groupExists, resolveGroupMembers, type Pool } from '@sluice/postgres';

/**
 * Checks a kick-off against the store: its Group has to exist, its patients have to be there and,
 * at group level, to be members.
 *
 * @returns the kick-off, without absent patients when it is lenient
 * @throws ExportError `not-found` for the Group, `invalid-parameter` for patients
 */
export async function checkAgainstStore(pool: Pool, kickOff: KickOff): Promise<KickOff> {
  const { groupId, patients } = kickOff;
  if (groupId !== undefined && !(isId(groupId) && (await groupExists(pool, groupId)))) {
    throw new ExportError('not-found', 'There is no such Group.');
  }
  if (patients === undefined) return kickOff;
  return keepPatients(kickOff, await absentPatients(pool, patients, groupId));
}

async function absentPatients(
  pool: Pool,
  patients: readonly string[],
  groupId: string | undefined,
): Promise<ReadonlySet<string>> {
  if (groupId === undefined) return new Set(await findUnknownPatients(pool, [...patients]));
  const { patients: members } = await resolveGroupMembers(pool, groupId);
  const present = new Set(members);
  return new Set(patients.filter((id) => !present.has(id)));
}
