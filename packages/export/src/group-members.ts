import { parseReference, periodEnd, type Issue } from '@sluice/fhir';

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

/**
 * Reads the members of one Group as of an instant: inactive ones and those whose period had ended or
 * not begun are out; members that are neither Patient nor Group are passed over with a notice
 * (SPEC F.7).
 *
 * @param group a parsed Group resource
 * @param at transactionTime as instant text
 */
export function readGroup(group: unknown, at: string, baseUrl?: string): GroupReading {
  const { id, member } = group as { id: string; member?: readonly Member[] };
  const patients: string[] = [];
  const groups: string[] = [];
  const notices: Issue[] = [];
  for (const entry of Array.isArray(member) ? (member as readonly (Member | null)[]) : []) {
    if (typeof entry !== 'object' || entry === null) continue;
    if (entry.inactive === true || !isDuring(entry.period, at)) continue;
    const text = entry.entity?.reference;
    const reference = typeof text === 'string' ? parseReference(text, baseUrl) : undefined;
    if (reference?.type === 'Patient') patients.push(reference.id);
    else if (reference?.type === 'Group') groups.push(reference.id);
    else notices.push(notExported(id, typeof text === 'string' ? text : 'without a reference'));
  }
  return { patients, groups, notices };
}

/** The notice for a member whose Patient is not there at the export's instant. */
export function absentMember(patient: string): Issue {
  return {
    severity: 'warning',
    code: 'not-found',
    text: `The member Patient/${patient} is not on this server and was left out.`,
  };
}

/** The notice for a nested Group that is not there. */
export function absentGroup(group: string): Issue {
  return {
    severity: 'warning',
    code: 'not-found',
    text: `The member Group/${group} is not on this server and was left out.`,
  };
}

function notExported(group: string, member: string): Issue {
  return {
    severity: 'information',
    code: 'not-supported',
    text: `A member of Group/${group} is not a Patient on this server and was left out: ${member}.`,
  };
}

function isDuring(period: Member['period'], at: string): boolean {
  const { start, end } = period ?? {};
  const now = Date.parse(at);
  const ended = typeof end === 'string' ? periodEnd(end) : undefined;
  if (ended && ended.epochMs <= now) return false;
  const begun = typeof start === 'string' ? Date.parse(start) : NaN;
  return Number.isNaN(begun) || begun <= now;
}
