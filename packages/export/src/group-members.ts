import {
  type ConditionalReference,
  type Issue,
  type LocalBases,
  periodEnd,
  targetOf,
} from '@sluice/fhir';
import { printable } from './quoted.ts';

/** What one Group says about whom it holds. */
export interface GroupReading {
  readonly patients: readonly string[];
  /** Nested Groups, whose members are members too. */
  readonly groups: readonly string[];
  /** What was passed over, for the manifest's error files. */
  readonly notices: readonly Issue[];
}

interface Member {
  readonly entity?: { readonly reference?: unknown };
  readonly inactive?: unknown;
  readonly period?: { readonly start?: unknown; readonly end?: unknown };
}

/** What the references in a Group mean. */
export interface GroupReferences {
  readonly bases?: LocalBases;
  /** Ids that conditional references lead to, by type and search (`Patient?identifier=1`). */
  readonly found?: ReadonlyMap<string, string>;
}

/** The conditional references among the members of a Group. */
export function searchesOf(group: unknown, bases?: LocalBases): ConditionalReference[] {
  return membersOf(group).flatMap(({ entity }) => {
    const text = entity?.reference;
    // Cheap for the literal ones, which are most.
    if (typeof text !== 'string' || !text.includes('?')) return [];
    return targetOf(text, bases)?.conditional ?? [];
  });
}

function membersOf(group: unknown): Member[] {
  const { member } = group as { readonly member?: unknown };
  const entries: readonly unknown[] = Array.isArray(member) ? member : [];
  return entries.filter((entry) => typeof entry === 'object' && entry !== null);
}

/**
 * Reads the members of one Group as of an instant: inactive ones and those whose period had ended or
 * not begun are out; members that are neither Patient nor Group are passed over with a notice
 * (SPEC F.7).
 *
 * @param group a parsed Group resource
 * @param at transactionTime as instant text
 */
export function readGroup(
  group: unknown,
  at: string,
  { bases, found }: GroupReferences = {},
): GroupReading {
  const { id } = group as { id: string };
  const patients: string[] = [];
  const groups: string[] = [];
  const others: string[] = [];
  for (const entry of membersOf(group)) {
    if (entry.inactive === true || !isDuring(entry.period, at)) continue;
    const text = entry.entity?.reference;
    const target = typeof text === 'string' ? targetOf(text, bases) : undefined;
    const targetId = target?.conditional ? found?.get(target.key) : target?.id;
    if (targetId !== undefined && target?.type === 'Patient') patients.push(targetId);
    else if (targetId !== undefined && target?.type === 'Group') groups.push(targetId);
    else others.push(typeof text === 'string' ? text : 'without a reference');
  }
  return { patients, groups, notices: notExported(id, others) };
}

/** The notices for members who are not there at the export's instant: one for all of them, however many. */
export function absentMembers(patients: readonly string[]): Issue[] {
  return absent(patients.map((id) => `Patient/${id}`));
}

/** The notices for nested Groups that are not there. */
export function absentGroups(groups: readonly string[]): Issue[] {
  return absent(groups.map((id) => `Group/${id}`));
}

function absent(members: readonly string[]): Issue[] {
  if (members.length === 0) return [];
  const named = listSome(members);
  const text =
    members.length === 1
      ? `The member ${named} is not on this server and was skipped.`
      : `${members.length} members are not on this server and were skipped: ${named}.`;
  return [{ severity: 'warning', code: 'not-found', text }];
}

/** The notice for members that are neither Patient nor Group. */
function notExported(group: string, members: readonly string[]): Issue[] {
  if (members.length === 0) return [];
  const named = listSome(members);
  const text =
    members.length === 1
      ? `A member of Group/${group} is not a Patient on this server and was skipped: ${named}.`
      : `${members.length} members of Group/${group} are not Patients on this server and were skipped: ${named}.`;
  return [{ severity: 'information', code: 'not-supported', text }];
}

/** So many members are named in a notice; the rest is counted. */
const mostNamed = 100;

function listSome(members: readonly string[]): string {
  const shown = members
    .slice(0, mostNamed)
    .map((member) => printable(member))
    .join(', ');
  const rest = members.length - mostNamed;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

function isDuring(period: Member['period'], at: string): boolean {
  const { start, end } = period ?? {};
  const now = Date.parse(at);
  const ended = typeof end === 'string' ? periodEnd(end) : undefined;
  if (ended && ended.epochMs <= now) return false;
  const begun = typeof start === 'string' ? Date.parse(start) : NaN;
  return Number.isNaN(begun) || begun <= now;
}
