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
  /** With `_since`, where it was looked for: what changed. */
  readonly changes?: Changes;
}

/** What changed of a type since `_since`. */
export interface Changes {
  /** Estimate; that many or more unless `isExact`. */
  readonly count: number;
  readonly isExact: boolean;
  /** Where ranges of changes begin, by last_updated in µs since 1970, ascending; repeated where many share an instant. */
  readonly boundaries: readonly number[];
  /** False: certainly nothing is to be told. */
  readonly any: boolean;
  /** False: certainly no deletion is to be told. */
  readonly deleted: boolean;
}

/** What planning knows. */
export interface PlanningFacts {
  readonly spreads: readonly Spread[];
  /** Resources a part aims at. */
  readonly spacing: number;
  /** With `_since`: deletions are told. */
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
  readonly access: 'range' | 'changes' | 'members' | 'shared' | 'notices';
  readonly rangeFrom: number;
  readonly rangeTo: number;
  /** About how many resources it holds: what is begun last should not be what takes longest. */
  readonly resources: number;
}

/** Above this share of all patients, scanning a range and filtering beats a look-up per patient. */
const lookUpShare = 0.2;
/** Above this share of a type, scanning it and filtering beats finding the changes by last_updated. */
const changesShare = 0.3;
/** Parts' worth of changes that may share instants before last_updated is no good to cut by. */
const mostSharing = 3;

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
    const { any = true, deleted = true } = spread.changes ?? {};
    // Of Groups only the one that is exported is told (see partQuery), which is no member's.
    const lookUp = byMember && spread.type !== 'Group';
    const output = lookUp
      ? memberParts(spread, facts.spacing, members, patients)
      : rangeParts(spread);
    const each = Math.round((expected(spread) * share) / output.length);
    return [
      ...(any ? output.map((part) => ({ ...part, resources: each })) : []),
      ...(facts.since && deleted ? deletedParts(lookUp) : []),
    ].map((part) => ({ ...part, type: spread.type }));
  });
  const total = facts.spreads.reduce((sum, spread) => sum + expected(spread), 0);
  return numbered([...parts, ...noticeParts(facts)], Math.round(total * share));
}

/** About how many resources an export of everybody's data tells of. */
function expected({ resources, changes }: Spread): number {
  return changes?.isExact ? changes.count : resources;
}

const whole = { rangeFrom: 0, rangeTo: rangeEnd };

function deletedParts(lookUp: boolean) {
  const kind = 'deleted' as const;
  const resources = 0;
  const access = lookUp ? ('members' as const) : ('range' as const);
  const main = { kind, access, resources, ...whole };
  return lookUp ? [main, { kind, access: 'shared' as const, resources, ...whole }] : [main];
}

function noticeParts(facts: PlanningFacts): Omit<PartPlan, 'number'>[] {
  if (facts.notices === 0) return [];
  const { notices: resources } = facts;
  return [{ kind: 'error', type: 'OperationOutcome', access: 'notices', resources, ...whole }];
}

/** Ranges of seq, or of last_updated where few changed and are to be found by it. */
function rangeParts(spread: Spread) {
  const kind = 'output' as const;
  const changes = spread.changes && rangesOfChanges(spread.changes, spread.resources);
  return changes
    ? changes.map((range) => ({ kind, access: 'changes' as const, ...range }))
    : ranges(spread.boundaries).map((range) => ({ kind, access: 'range' as const, ...range }));
}

function rangesOfChanges(changes: Changes, resources: number): Range[] | undefined {
  if (!changes.isExact || changes.count > resources * changesShare) return undefined;
  const distinct = [...new Set(changes.boundaries)].filter((micros) => micros > 0);
  // Whatever shares an instant is one part, so an instant must not have too much of the whole.
  const fromOne = changes.boundaries.length - distinct.length;
  return fromOne > mostSharing ? undefined : ranges(distinct);
}

interface Range {
  readonly rangeFrom: number;
  readonly rangeTo: number;
}

function ranges(boundaries: readonly number[]): Range[] {
  const begins = [0, ...boundaries];
  return begins.map((rangeFrom, i) => ({ rangeFrom, rangeTo: begins[i + 1] ?? rangeEnd }));
}

/** Slices of the member list that yield about a part's worth each, and what their members share with others. */
function memberParts(spread: Spread, spacing: number, members: number, patients: number) {
  const perPatient = expected(spread) / Math.max(patients, 1);
  const slice = Math.max(1, Math.floor(spacing / Math.max(perPatient, 1)));
  const count = Math.max(1, Math.ceil(members / slice));
  const kind = 'output' as const;
  const slices = Array.from({ length: count }, (_, i) => ({
    kind,
    access: 'members' as const,
    rangeFrom: i * slice,
    rangeTo: i === count - 1 ? rangeEnd : (i + 1) * slice,
  }));
  return [...slices, { kind, access: 'shared' as const, ...whole }];
}

function numbered(parts: readonly Omit<PartPlan, 'number'>[], resourcesEstimated: number) {
  return { parts: parts.map((part, i) => ({ number: i + 1, ...part })), resourcesEstimated };
}
