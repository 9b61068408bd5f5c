import type { Export, OutputKind } from '@sluice/export';
import { text, uuid } from './literals.ts';

/** The patients whose data an export holds, as a subquery; of deletions also those who are deleted themselves. */
export function members(of: Export, kind: OutputKind): string {
  const present = kind === 'deleted' ? '' : ' and present';
  return `(select patient from sluice.export_members where export_id = ${uuid(of.id)}${present})`;
}

/** The members who joined the Group after `_since`, as a subquery; `undefined` when there can be none. */
export function joinedMembers(of: Export): string | undefined {
  if (!of.hasJoinedMembers) return undefined;
  return `(select patient from sluice.export_members where export_id = ${uuid(of.id)} and present and is_new)`;
}

/** Versions of a type (SQL that gives it) that are in the compartments of further patients, these among them. */
export function sharedSeqs(type: string, patients: string): string {
  return `select p.seq from sluice.resource_patients p where p.type = ${type} and p.patient in ${patients}`;
}

/** Whether the level has a list of patients; otherwise it is everybody's data. */
export function hasMembers({ kickOff }: Export): boolean {
  const { level, hasPatients, membersOf } = kickOff;
  return level === 'group' || hasPatients === true || membersOf !== undefined;
}

/** Which rows `r` of a type belong to the level, as conditions. */
export function inCompartments(of: Export, type: string, kind: OutputKind): string[] {
  const { level, groupId } = of.kickOff;
  // Other Groups that a member is in tell of other patients: only the Group itself, when asked for.
  if (level === 'group' && type === 'Group') return [`r.id = ${text(groupId ?? '')}`];
  return inCompartmentsOf(of, text(type), kind);
}

/** The same for a type that SQL gives. */
export function inCompartmentsOf(of: Export, type: string, kind: OutputKind): string[] {
  if (of.kickOff.level === 'system') return [];
  if (!hasMembers(of)) return ['r.patient is not null'];
  return [isOf(type, members(of, kind))];
}

/** That `r`, of a type (SQL that gives it), is in the compartment of one of these patients (a subquery). */
export function isOf(type: string, patients: string): string {
  return `(r.patient in ${patients} or (r.shared and r.seq in (${sharedSeqs(type, patients)})))`;
}

/** Rows `r` of a type (SQL that gives it) that tell of no patient outside the level. */
export function ofNobodyElse(of: Export, type: string): string[] {
  if (!hasMembers(of)) return [];
  const patients = members(of, 'output');
  const others = `select from sluice.resource_patients p where p.type = ${type} and p.seq = r.seq and p.patient not in ${patients}`;
  return [
    `(r.patient is null or (r.patient in ${patients} and not (r.shared and exists (${others}))))`,
  ];
}
