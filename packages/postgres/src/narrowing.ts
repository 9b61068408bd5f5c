import { filterListsOf, type Export } from '@sluice/export';
import { narrowFilterLists, type Narrowing } from '@sluice/fhir';
import { text, texts, timestamp } from './literals.ts';
import type { PlannedPart } from './parts.ts';

/**
 * Conditions on `r.body` that every resource meets which passes the filters of its type, so that
 * most of what does not pass never leaves Postgres. What is sent is then filtered exactly.
 */
export function narrowed(of: Export, { type }: Pick<PlannedPart, 'type'>): string[] {
  const lists = filterListsOf(of.kickOff, type);
  const condition = narrowingSql(narrowFilterLists(type, lists, of.aliases), type);
  return condition === undefined ? [] : [condition];
}

/** A narrowing as SQL over the rows `r` of a type; `undefined` when every row meets it. */
export function narrowingSql(narrowing: Narrowing, type: string): string | undefined {
  if ('always' in narrowing) return undefined;
  if ('all' in narrowing) {
    const parts = narrowing.all
      .map((part) => narrowingSql(part, type))
      .filter((sql) => sql !== undefined);
    return parts.length === 0 ? undefined : `(${parts.join(' and ')})`;
  }
  if ('any' in narrowing) return anyOf(narrowing.any, type);
  if ('text' in narrowing) return textOrEscape([narrowing.text]);
  if ('id' in narrowing) return `r.id in (${texts(narrowing.id)})`;
  if ('patient' in narrowing) return ofPatients(narrowing.patient, type);
  const { op, instant } = narrowing.lastUpdated;
  return `r.last_updated ${operators[op]} ${timestamp(instant)}`;
}

const operators = { ge: '>=', gt: '>', le: '<=', lt: '<' } as const;

function anyOf(parts: readonly Narrowing[], type: string): string | undefined {
  const plain = parts.flatMap((part) => ('text' in part ? [part.text] : []));
  const others = parts.filter((part) => !('text' in part)).map((part) => narrowingSql(part, type));
  if (others.includes(undefined)) return undefined;
  const all = [...(plain.length === 0 ? [] : [textOrEscape(plain)]), ...others];
  return all.length === 0 ? 'false' : `(${all.join(' or ')})`;
}

/** JSON can write any character as an escape: a text with a backslash may hold anything. */
function textOrEscape(wanted: readonly string[]): string {
  const found = [...new Set([...wanted, '\\'])].map((part) => `strpos(r.body, ${text(part)}) > 0`);
  return `(${found.join(' or ')})`;
}

function ofPatients(patients: readonly string[], type: string): string {
  const seqs = `select p.seq from sluice.resource_patients p where p.type = ${text(type)} and p.patient in (${texts(patients)})`;
  return `(r.patient in (${texts(patients)}) or (r.shared and r.seq in (${seqs})))`;
}
