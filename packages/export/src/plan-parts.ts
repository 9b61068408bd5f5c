import { rangeEnd } from './completeness.ts';
import type { OutputKind } from './export.ts';
import type { Scope } from './scope.ts';

/** How the stored versions of a type are spread over seq. */
export interface Spread {
  readonly type: string;
  /** Estimate. */
  readonly resources: number;
  /** What they take in the store. */
  readonly bytes?: number;
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
  readonly scope: Scope;
  /** Of every type in scope, in the order in which parts are made. */
  readonly spreads: readonly Spread[];
  /** Resources a part aims at. */
  readonly spacing: number;
  /** With `_since`: deletions are told. */
  readonly since: boolean;
  /** Types of which not every line that is read is written. */
  readonly filtered: readonly string[];
  /** Types whose attachments point to stored Binaries. */
  readonly attachments: readonly string[];
  /** Deleted resources are told in the output, with a mark, instead of in `deleted`. */
  readonly softDeleted: boolean;
  /** How many patients are asked for; absent: no list of patients. */
  readonly members?: number;
  /** About how many patients there are. */
  readonly patients?: number;
  /** OperationOutcomes to tell. */
  readonly notices: number;
}

/** How a part finds its rows; see PartAccess in @sluice/postgres. */
type Access =
  | 'range'
  | 'changes'
  | 'members'
  | 'shared'
  | 'provenance'
  | 'tombstones'
  | 'select-supporting'
  | 'supporting'
  | 'notices';

/** A part as planned. */
export interface PartPlan {
  readonly number: number;
  /** Parts of a stage begin when those of the stages before are all completed. */
  readonly stage: number;
  readonly kind: OutputKind;
  readonly type: string;
  readonly access: Access;
  readonly rangeFrom: number;
  readonly rangeTo: number;
  /** Attachments of its resources get URLs of this export. */
  readonly attachments: boolean;
  /** About how much work it is, in resources of common size: what is begun last should not be what takes longest. */
  readonly effort: number;
}

/** Above this share of all patients, scanning a range and filtering beats a look-up per patient. */
const lookUpShare = 0.2;
/** Above this share of a type, scanning it and filtering beats finding the changes by last_updated. */
const changesShare = 0.3;
/** Parts' worth of changes that may share instants before last_updated is no good to cut by. */
const mostSharing = 3;

/**
 * Cuts the parts of an export, numbered from 1. Pure: the same facts give the same parts. For each
 * type and way of reading the parts cover every seq (or every member), without gap or overlap.
 *
 *   stage 1   what the level itself holds; what supporting resources it refers to
 *   stage 2   supporting resources, and Provenance of what is exported
 *
 * With filters of what the level holds, what they let through is known after stage 1 only, and both follow a stage later.
 */
export function planParts(facts: PlanningFacts): {
  parts: PartPlan[];
  resourcesEstimated: number;
} {
  const { scope, members, patients = 0 } = facts;
  if (members === 0) return numbered(facts, noticeParts(facts), 0);
  const share = members === undefined ? 1 : Math.min(1, members / Math.max(patients, members));
  const byMember = members !== undefined && share < lookUpShare;
  const spreadOf = (types: readonly string[]): Spread[] =>
    facts.spreads.filter(({ type }) => types.includes(type));
  const direct = spreadOf(scope.direct).flatMap((spread) =>
    directParts(facts, spread, share, byMember ? { members, patients } : undefined),
  );
  const total = spreadOf(scope.direct).reduce((sum, spread) => sum + expected(spread), 0);
  const parts = [
    ...direct,
    ...supportingParts(facts, spreadOf(scope.supporting), share),
    ...(scope.provenance ? provenanceParts(facts, spreadOf(['Provenance']), share) : []),
    ...noticeParts(facts),
  ];
  return numbered(facts, parts, Math.round(total * share));
}

type Draft = Omit<PartPlan, 'number' | 'attachments'>;

function directParts(
  facts: PlanningFacts,
  spread: Spread,
  share: number,
  lookUps: { members: number; patients: number } | undefined,
): Draft[] {
  const { any = true, deleted = true } = spread.changes ?? {};
  // Of Groups only the one that is exported is told (see partQuery), which is no member's.
  const lookUp = spread.type === 'Group' ? undefined : lookUps;
  const output = lookUp
    ? memberParts(spread, facts.spacing, lookUp.members, lookUp.patients)
    : rangeParts(spread);
  const effort = Math.round((expected(spread) * effortEach(spread) * share) / output.length);
  const deletions = facts.softDeleted
    ? // Of a type that is supporting as well, once what is referred to is known.
      [tombstones].filter(() => !facts.scope.supporting.includes(spread.type))
    : facts.since && deleted
      ? deletedParts(lookUp !== undefined)
      : [];
  return [...(any ? output.map((part) => ({ ...part, effort })) : []), ...deletions].map(
    (part) => ({ ...part, stage: 1, type: spread.type }),
  );
}

/** Rows that filters let through are known when the parts of stage 1 are over. */
function stageAfterFilters({ filtered, scope }: PlanningFacts): number {
  const first = scope.provenance && !scope.exportedTargets ? ['Provenance'] : [];
  return filtered.some((type) => [...scope.direct, ...first].includes(type)) ? 2 : 1;
}

/** What is referred to is known a stage later, and of it what filters let through. */
function stageAfterSupporting(facts: PlanningFacts): number {
  return stageAfterFilters(facts) + (facts.scope.supporting.length === 0 ? 0 : 1);
}

function supportingParts(facts: PlanningFacts, spreads: readonly Spread[], share: number): Draft[] {
  if (spreads.length === 0) return [];
  const stage = stageAfterFilters(facts);
  const access = 'supporting' as const;
  const read = spreads.flatMap((spread) => {
    const { type, resources, boundaries } = spread;
    const cut = ranges(boundaries);
    const effort = Math.round((resources * effortEach(spread) * share) / cut.length);
    const output = cut.map((range) => ({ kind: 'output' as const, effort, ...range }));
    const deleted = { kind: 'deleted' as const, effort: 0, ...whole };
    const told = [...output, ...(facts.since && !facts.softDeleted ? [deleted] : [])];
    return [
      ...told.map((part) => ({ ...part, access })),
      ...(facts.softDeleted ? [tombstones] : []),
    ].map((part) => ({ ...part, type, stage: stage + 1 }));
  });
  return [{ ...select, stage, effort: facts.spacing }, ...read];
}

function provenanceParts(facts: PlanningFacts, spreads: readonly Spread[], share: number): Draft[] {
  // With a value of includeAssociatedData it depends on what is exported, otherwise on compartments alone.
  const stage = facts.scope.exportedTargets ? stageAfterSupporting(facts) : 1;
  return spreads.flatMap((spread) => {
    const { type, resources, boundaries } = spread;
    const cut = ranges(boundaries);
    const effort = Math.round((resources * effortEach(spread) * share) / cut.length);
    const output = cut.map((range) => ({
      kind: 'output' as const,
      access: 'provenance' as const,
      effort,
      ...range,
    }));
    const deleted = {
      kind: 'deleted' as const,
      access: 'provenance' as const,
      effort: 0,
      ...whole,
    };
    const deletions = facts.softDeleted ? [tombstones] : facts.since ? [deleted] : [];
    return [...output, ...deletions].map((part) => ({ ...part, type, stage }));
  });
}

/** About how many resources an export of everybody's data tells of. */
function expected({ resources, changes }: Spread): number {
  return changes?.isExact ? changes.count : resources;
}

/** What a resource of common size takes in the store. */
const commonBytes = 2048;

function effortEach({ bytes = 0, resources }: Spread): number {
  return Math.max(1, bytes / Math.max(resources, 1) / commonBytes);
}

const whole = { rangeFrom: 0, rangeTo: rangeEnd };
/** Its effort is that of a whole part, so that it is among the first: others wait for it. */
const select = {
  kind: 'output',
  type: 'Resource',
  access: 'select-supporting',
  ...whole,
} as const;
const tombstones = { kind: 'output', access: 'tombstones', effort: 0, ...whole } as const;

function deletedParts(lookUp: boolean) {
  const kind = 'deleted' as const;
  const effort = 0;
  const access = lookUp ? ('members' as const) : ('range' as const);
  const main = { kind, access, effort, ...whole };
  return lookUp ? [main, { kind, access: 'shared' as const, effort, ...whole }] : [main];
}

function noticeParts({ notices }: PlanningFacts): Draft[] {
  if (notices === 0) return [];
  const part = { kind: 'error', type: 'OperationOutcome', access: 'notices' } as const;
  return [{ ...part, stage: 1, effort: notices, ...whole }];
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

/** Numbers go up with the stages. */
function numbered(
  { attachments }: PlanningFacts,
  drafts: readonly Draft[],
  resourcesEstimated: number,
): { parts: PartPlan[]; resourcesEstimated: number } {
  const ordered = drafts.toSorted((a, b) => a.stage - b.stage);
  const parts = ordered.map((draft, i) => ({
    ...draft,
    number: i + 1,
    attachments: draft.kind === 'output' && attachments.includes(draft.type),
  }));
  return { parts, resourcesEstimated };
}
