import { absentMember, type Export } from '@sluice/export';
import {
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

/** Whose data is wanted, as of transactionTime; `undefined`: everybody's. */
export async function resolveMembers(
  context: WorkerContext,
  of: Export,
): Promise<ExportMembers | undefined> {
  const { pool } = context;
  const { level, groupId, hasPatients, until } = of.kickOff;
  const patients = hasPatients ? await listExportPatients(pool, of.id) : undefined;
  const at = { transactionTime: of.transactionTime, until };
  if (level === 'group') {
    const members = await resolveGroupMembers(pool, groupId ?? '', at);
    const kept = patients === undefined ? members : onlyOf(members, patients);
    return { ...kept, joined: await joinedOf(context, of, kept) };
  }
  if (patients === undefined) return undefined;
  const present = await keepPresent(pool, patients, at);
  return { ...present, notices: present.absent.map(absentMember), joined: [] };
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
  { kickOff: { groupId, since }, transactionTime }: Export,
  { patients }: Members,
): Promise<readonly string[]> {
  if (since === undefined || settings.GROUP_SINCE !== 'include-new-members') return [];
  const former = await findFormerMembers(pool, groupId ?? '', { since, transactionTime });
  return patients.filter((id) => !former.has(id));
}
