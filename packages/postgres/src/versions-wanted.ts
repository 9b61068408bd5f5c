import type { Export, OutputKind } from '@sluice/export';
import { texts, timestamp } from './literals.ts';
import { isOf, joinedMembers } from './membership.ts';

/** Settings of the deployment that change what a part reads. */
export interface PartQueryOptions {
  /** What `_since` and `_until` compare. */
  readonly sinceBasis: 'last-updated' | 'stored';
  /** `obey`: supporting resources are told of when they changed after `_since`; `always`: whenever. */
  readonly sinceContext: 'obey' | 'always';
}

/** Which versions of a type are asked for. */
export interface Wanted {
  /** SQL that gives the type: a literal, or a column. */
  readonly type: string;
  /**
   * For a column, the types that it can give here. Otherwise the planner considers the partitions of every type
   * there is, for each such condition of a statement, which takes longer than many a statement runs.
   */
  readonly among?: readonly string[];
  /** `deleted`: tombstones; otherwise resources. */
  readonly kind: OutputKind;
}

/**
 * The versions `r` of a type that an export tells of, as conditions to be joined by `and`: those that
 * were the present at its transactionTime T (or, with `_until`, as of that instant, by what was
 * stored at T), and with `_since` only what changed after it. With `_history` past versions too.
 *
 * Every one of them holds `stored_at <= T`, and looks at nothing stored later: the same rows
 * whenever, and however often, it is asked.
 */
export function versionsWanted(of: Export, wanted: Wanted, options: PartQueryOptions): string[] {
  return [...versionsPresent(of, wanted, options), ...changedOrJoined(of, wanted, options)];
}

/** The same whatever their age: without `_since`. */
export function versionsPresent(of: Export, wanted: Wanted, options: PartQueryOptions): string[] {
  const { type, among, kind } = wanted;
  const history = kind !== 'deleted' && of.kickOff.associated?.history === true;
  return [
    `r.type = ${type}`,
    ...(among === undefined ? [] : [`r.type in (${texts(among)})`]),
    `r.stored_at <= ${timestamp(of.transactionTime)}`,
    ...notAfterUntil(of, 'r', options),
    ...(history ? untoldVersions(of, type, options) : [isNewest(of, type, 'r', options)]),
    kind === 'deleted' ? 'r.deleted' : 'not r.deleted',
  ];
}

/** The column that `_since` and `_until` are compared with. */
function basis(alias: string, { sinceBasis }: PartQueryOptions): string {
  return sinceBasis === 'stored' ? `${alias}.stored_at` : `${alias}.last_updated`;
}

function notAfterUntil(of: Export, alias: string, options: PartQueryOptions): string[] {
  const { until } = of.kickOff;
  return until === undefined ? [] : [`${basis(alias, options)} <= ${timestamp(until)}`];
}

/** No newer version counts. Versions of a resource are stored in the order of seq. */
export function isNewest(
  of: Export,
  type: string,
  alias: string,
  options: PartQueryOptions,
): string {
  const at = timestamp(of.transactionTime);
  const isPresent = `${alias}.superseded_at > ${at}`;
  if (of.kickOff.until === undefined) return isPresent;
  const newer = [
    `n.type = ${type}`,
    `n.id = ${alias}.id`,
    `n.seq > ${alias}.seq`,
    `n.stored_at <= ${at}`,
    ...notAfterUntil(of, 'n', options),
  ];
  return `(${isPresent} or not exists (select from sluice.resources n where ${newer.join(' and ')}))`;
}

/**
 * Of past versions, those that are told in no other way. With `_deleted` the last version of what is
 * deleted is told with a mark of its own. With `_since` and without `_deleted`, what is deleted is told in `deleted`,
 * and nothing that is named there may be in the output as well (SPEC C-034).
 */
function untoldVersions(of: Export, type: string, options: PartQueryOptions): string[] {
  const { since, associated } = of.kickOff;
  if (since === undefined && associated?.deleted !== true) return [];
  const tombstone = [
    `d.type = ${type}`,
    'd.id = r.id',
    'd.deleted',
    `d.stored_at <= ${timestamp(of.transactionTime)}`,
    ...notAfterUntil(of, 'd', options),
    isNewest(of, type, 'd', options),
    ...(associated?.deleted === true ? ['d.stored_at = r.superseded_at'] : []),
  ];
  return [`not exists (select from sluice.resources d where ${tombstone.join(' and ')})`];
}

/** With `_since`, that `r` changed after it. */
export function changedSince(of: Export, options: PartQueryOptions): string[] {
  const { since } = of.kickOff;
  return since === undefined ? [] : [`${basis('r', options)} > ${timestamp(since)}`];
}

/** With GROUP_SINCE=include-new-members, who joined after `_since` is told of whole. */
function changedOrJoined(of: Export, { type, kind }: Wanted, options: PartQueryOptions): string[] {
  const changed = changedSince(of, options);
  const joined = kind === 'deleted' ? undefined : joinedMembers(of);
  if (joined === undefined) return changed;
  return changed.map((condition) => `(${condition} or ${isOf(type, joined)})`);
}
