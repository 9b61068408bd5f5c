import type { Rights } from '@sluice/auth';
import {
  basesOf,
  ExportError,
  keepPatients,
  keepPermitted,
  type KickOff,
  whyNotListed,
} from '@sluice/export';
import { isId } from '@sluice/fhir';
import {
  findUnknownPatients,
  keepMembers,
  readResource,
  resolveGroupMembers,
} from '@sluice/postgres';
import type { Dependencies } from './dependencies.ts';
import { permittedRow } from './permitted-resource.ts';

type Needed = Pick<Dependencies, 'pool' | 'baseUrl' | 'otherBases' | 'now' | 'settings'>;

/**
 * Checks a kick-off against the store: its Group has to exist, and to be one that the client may read; its patients have to be there
 * and, at group level, to be members. A client limited to patients that names none gets these; one limited to Groups may name
 * members of theirs alone, and who is a member is looked up again as of transactionTime.
 *
 * @returns the kick-off, without absent patients when it is lenient
 * @throws ExportError `not-found`, `forbidden` or `unsupported-parameter` for the Group, `invalid-parameter` for patients
 */
export async function checkAgainstStore(
  deps: Needed,
  kickOff: KickOff,
  rights: Rights,
): Promise<KickOff> {
  const { groupId, patients, membersOf } = kickOff;
  if (groupId !== undefined) await checkGroup(deps, groupId, rights);
  if (patients !== undefined && membersOf !== undefined) {
    const bases = basesOf(kickOff);
    return keepPermitted(kickOff, await keepMembers(deps.pool, membersOf, patients, { bases }));
  }
  if (patients !== undefined) {
    return keepPatients(kickOff, await absentPatients(deps, patients, kickOff));
  }
  if (rights.patients === undefined) return kickOff;
  const absent = await absentPatients(deps, rights.patients, kickOff);
  const permitted = rights.patients.filter((id) => !absent.has(id));
  if (permitted.length > 0) return { ...kickOff, patients: permitted };
  throw new ExportError(
    'forbidden',
    'None of the patients whose data the client may have is here.',
  );
}

/** SPEC G-068 */
async function checkGroup(deps: Needed, groupId: string, rights: Rights): Promise<void> {
  const group = isId(groupId) ? await readResource(deps.pool, 'Group', groupId) : undefined;
  if (group === undefined || group.deleted) {
    throw new ExportError('not-found', 'There is no such Group.');
  }
  const parsed = JSON.parse(group.body) as Record<string, unknown>;
  if (!mayExportGroup(deps, rights, parsed)) {
    const isStrict = deps.settings.REQUIRE_GROUP_READ === 'true';
    const text = `The client may not export this Group; missing scope: system/Group.rs in the token${isStrict ? '' : ' or the registration of the client'}.`;
    throw new ExportError('forbidden', text);
  }
  const reason = whyNotListed(parsed);
  if (reason !== undefined) throw new ExportError('unsupported-parameter', reason);
}

/**
 * Whether a client may export a Group, which its limits permit already. A token that has a scope for Groups says so itself. Clients ask for
 * the types that they export, and a Group export holds no Group, so for other tokens the client's registration decides, or that it
 * is limited to this Group by name.
 */
function mayExportGroup(
  deps: Needed,
  rights: Rights,
  group: Readonly<Record<string, unknown>>,
): boolean {
  const { REQUIRE_GROUP_READ: required } = deps.settings;
  if (required === 'false') return true;
  const passes = permittedRow(rights.exports, 'Group', deps);
  if (passes !== undefined) return passes(group);
  if (required === 'true') return false;
  if (rights.membersOf !== undefined) return true;
  const { registered } = rights;
  return registered !== undefined && permittedRow(registered, 'Group', deps)?.(group) === true;
}

async function absentPatients(
  { pool }: Needed,
  patients: readonly string[],
  kickOff: KickOff,
): Promise<ReadonlySet<string>> {
  const { groupId } = kickOff;
  if (groupId === undefined) return new Set(await findUnknownPatients(pool, [...patients]));
  const { patients: members } = await resolveGroupMembers(pool, [groupId], {
    bases: basesOf(kickOff),
  });
  const present = new Set(members);
  return new Set(patients.filter((id) => !present.has(id)));
}
