import { absentMembers, basesOf, type Export } from '@sluice/export';
import {
  findAliases,
  findFormerMembers,
  keepPresent,
  listExportPatients,
  resolveGroupMembers,
  type Members,
} from '@sluice/postgres';
import type { WorkerContext } from './context.ts';

/** Whose data an export holds, and who of them joined after `_since` and is told of whole. */
export interface ExportMembers extends Members {
  readonly joined: readonly string[];
}

/**
 * Whose data is wanted, as of transactionTime; `undefined`: everybody's. Searches that led to one of these patients are among them, as
 * what refers to a patient so has the search for its patient.
 */
export async function resolveMembers(
  context: WorkerContext,
  of: Export,
): Promise<ExportMembers | undefined> {
  const members = await listMembers(context, of);
  if (members === undefined) return undefined;
  const aliases = await findAliases(context.pool, 'Patient', {
    ids: members.patients,
    at: of.transactionTime,
  });
  const joined = new Set(members.joined);
  const newcomers = aliases.filter(({ id }) => joined.has(id));
  return {
    ...members,
    patients: [...members.patients, ...aliases.map(({ search }) => search)],
    joined: [...members.joined, ...newcomers.map(({ search }) => search)],
  };
}

async function listMembers(context: WorkerContext, of: Export): Promise<ExportMembers | undefined> {
  const { pool } = context;
  const { hasPatients, until } = of.kickOff;
  const patients = hasPatients ? await listExportPatients(pool, of.id) : undefined;
  const at = { transactionTime: of.transactionTime, until };
  const groups = groupsOf(of);
  if (groups !== undefined) {
    const members = await resolveGroupMembers(pool, groups, {
      at,
      bases: basesOf(of.kickOff),
    });
    const kept = patients === undefined ? members : onlyOf(members, patients);
    return { ...kept, joined: await joinedOf(context, of, kept) };
  }
  if (patients === undefined) return undefined;
  const present = await keepPresent(pool, patients, at);
  return { ...present, notices: absentMembers(present.absent), joined: [] };
}

/** The Groups whose members' data is wanted: the one that is exported, or those that the client is limited to. */
function groupsOf({
  kickOff: { level, groupId, membersOf },
}: Export): readonly string[] | undefined {
  return level === 'group' ? [groupId ?? ''] : membersOf;
}

function onlyOf(members: Members, patients: readonly string[]): Members {
  const wanted = new Set(patients);
  return {
    ...members,
    patients: members.patients.filter((id) => wanted.has(id)),
    deleted: members.deleted.filter((id) => wanted.has(id)),
  };
}

async function joinedOf(
  { pool, settings }: WorkerContext,
  of: Export,
  { patients }: Members,
): Promise<readonly string[]> {
  const { kickOff, transactionTime } = of;
  const { since } = kickOff;
  if (since === undefined || settings.GROUP_SINCE !== 'include-new-members') return [];
  const former = await findFormerMembers(pool, groupsOf(of) ?? [], {
    since,
    transactionTime,
    bases: basesOf(kickOff),
  });
  return patients.filter((id) => !former.has(id));
}
