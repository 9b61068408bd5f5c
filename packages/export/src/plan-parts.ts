import { rangeEnd } from './completeness.ts';
import type { KickOff, OutputKind } from './export.ts';
import { patientCompartmentTypes } from '@sluice/fhir';

/** How the stored versions of a type are spread over seq. */
export interface Spread {
  readonly type: string;
  /** Estimate. */
  readonly resources: number;
  /** Where ranges begin, ascending, without the first one at 0. */
  readonly boundaries: readonly number[];
}

/** What planning knows. */
export interface PlanningFacts {
  readonly spreads: readonly Spread[];
  /** Resources a part aims at. */
  readonly spacing: number;
  /** With `_since`: deletions are told, and parts are larger since they yield less. */
  readonly since: boolean;
  /** How many patients are asked for; absent: no list of patients. */
  readonly members?: number;
  /** About how many patients there are. */
  readonly patients?: number;
  /** OperationOutcomes to tell. */
  readonly notices: number;
}

/** A part as planned; see PlannedPart in @sluice/postgres for how each access reads. */
export interface PartPlan {
  readonly number: number;
  readonly kind: OutputKind;
  readonly type: string;
  readonly access: 'range' | 'members' | 'shared' | 'notices';
  readonly rangeFrom: number;
  readonly rangeTo: number;
}

/** Above this share of all patients, scanning a range and filtering beats a look-up per patient. */
const lookUpShare = 0.2;

/** The stored types an export holds, in the order in which parts are made. */
export function typesInScope(kickOff: KickOff, stored: readonly string[]): string[] {
  const { level, types } = kickOff;
  return stored.filter((type) => {
    if (types && !types.includes(type)) return false;
    if (level === 'system') return true;
    // A Group tells of other patients too, so it comes only when it is asked for (SPEC F-066).
    return patientCompartmentTypes.has(type) && (type !== 'Group' || types !== undefined);
  });
}

/**
 * Cuts the parts of an export, numbered from 1. Pure: the same facts give the same parts. For each
 * type and way of reading the parts cover every seq (or every member), without gap or overlap.
 */
export function planParts(facts: PlanningFacts): {
  parts: PartPlan[];
  resourcesEstimated: number;
} {
  const { members, patients = 0 } = facts;
  if (members === 0) return numbered(noticeParts(facts), 0);
  const share = members === undefined ? 1 : Math.min(1, members / Math.max(patients, members));
  const byMember = members !== undefined && share < lookUpShare;
  const parts = facts.spreads.flatMap((spread) => {
    // Of Groups only the one that is exported is told (see partQuery), which is no member's.
    const lookUp = byMember && spread.type !== 'Group';
    const ranges = lookUp
      ? memberRanges(spread, facts.spacing, members, patients)
      : seqRanges(spread);
    const access = lookUp ? ('members' as const) : ('range' as const);
    const output = ranges.map((range) => ({ kind: 'output' as const, access, ...range }));
    const shared = lookUp ? [{ kind: 'output' as const, access: 'shared' as const, ...whole }] : [];
    const deleted = facts.since ? deletedParts(lookUp) : [];
    return [...output, ...shared, ...deleted].map((part) => ({ ...part, type: spread.type }));
  });
  const total = facts.spreads.reduce((sum, spread) => sum + spread.resources, 0);
  return numbered([...parts, ...noticeParts(facts)], Math.round(total * share));
}

const whole = { rangeFrom: 0, rangeTo: rangeEnd };

function deletedParts(lookUp: boolean) {
  const kind = 'deleted' as const;
  const main = { kind, access: lookUp ? ('members' as const) : ('range' as const), ...whole };
  return lookUp ? [main, { kind, access: 'shared' as const, ...whole }] : [main];
}

function noticeParts(facts: PlanningFacts): Omit<PartPlan, 'number'>[] {
  if (facts.notices === 0) return [];
  return [{ kind: 'error', type: 'OperationOutcome', access: 'notices', ...whole }];
}

function seqRanges(spread: Spread): { rangeFrom: number; rangeTo: number }[] {
  const begins = [0, ...spread.boundaries];
  return begins.map((rangeFrom, i) => ({ rangeFrom, rangeTo: begins[i + 1] ?? rangeEnd }));
}

/** Slices of the member list that yield about a part's worth each. */
function memberRanges(spread: Spread, spacing: number, members: number, patients: number) {
  const perPatient = spread.resources / Math.max(patients, 1);
  const slice = Math.max(1, Math.floor(spacing / Math.max(perPatient, 1)));
  const count = Math.max(1, Math.ceil(members / slice));
  return Array.from({ length: count }, (_, i) => ({
    rangeFrom: i * slice,
    rangeTo: i === count - 1 ? rangeEnd : (i + 1) * slice,
  }));
}

function numbered(parts: readonly Omit<PartPlan, 'number'>[], resourcesEstimated: number) {
  return { parts: parts.map((part, i) => ({ number: i + 1, ...part })), resourcesEstimated };
}
