import { rangeEnd, type Export } from '@sluice/export';
import pg from 'pg';
import type { PlannedPart } from './parts.ts';

/** Settings of the deployment that change what a part reads. */
export interface PartQueryOptions {
  readonly sinceBasis: 'last-updated' | 'stored';
}

/** Tombstones named in one line of a `deleted` file. */
const entriesPerBundle = 1000;

/** How a part is read. */
export interface PartRead {
  /** `set local …`: what the planner may do. */
  readonly settings: string;
  /** Gives a single text column, a line of output per row. */
  readonly query: string;
}

/** Reads use one core each, and are over before code that is compiled for them would pay. */
const settings = `set local jit = off; set local max_parallel_workers_per_gather = 0; set local work_mem = '64MB';`;
/** A range comes from its index in order: rows flow from the start, whatever the statistics say. */
const inOrder = `${settings} set local enable_sort = off; set local enable_seqscan = off;`;

/** How to read a part: small results, and those found by another index than their order's, may be sorted. */
export function partRead(of: Export, part: PlannedPart, options: PartQueryOptions): PartRead {
  const isLong =
    part.access === 'range' && part.kind === 'output' && of.kickOff.since === undefined;
  return { settings: isLong ? inOrder : settings, query: partQuery(of, part, options) };
}

/**
 * The one statement that reads a part. COPY takes no bound parameters, so values are written as
 * literals by pg's own quoting.
 *
 * Every read holds `stored_at <= T and T < superseded_at` over present and past versions in one
 * snapshot: the same rows whenever, and however often, it is run. The order is total, so that the
 * same rows are the same bytes.
 */
function partQuery(of: Export, part: PlannedPart, options: PartQueryOptions): string {
  if (part.access === 'notices') {
    return `select body from sluice.export_notices where export_id = ${uuid(of.id)} order by number`;
  }
  const present = part.kind === 'deleted' ? '' : ' and present';
  const members = `(select patient from sluice.export_members where export_id = ${uuid(of.id)}${present})`;
  switch (part.access) {
    case 'range':
      return select(of, part, options, {
        from: 'sluice.resources r',
        where: [...rangeOfSeq(part), ...compartments(of, part, members)],
        order: 'r.seq',
      });
    case 'changes':
      return select(of, part, options, {
        from: 'sluice.resources r',
        where: [...rangeOfChanges(part), ...compartments(of, part, members)],
        order: 'r.last_updated, r.seq',
      });
    case 'members':
      return select(of, part, options, {
        from: 'sluice.export_members m join sluice.resources r on r.patient = m.patient',
        where: [
          `m.export_id = ${uuid(of.id)}`,
          ...(part.kind === 'deleted' ? [] : ['m.present']),
          `m.ordinal >= ${int(part.rangeFrom)}`,
          `m.ordinal < ${int(part.rangeTo)}`,
        ],
        order: 'm.ordinal, r.seq',
      });
    case 'shared':
      return select(of, part, options, {
        from: 'sluice.resources r',
        where: [
          `r.seq in (${sharedSeqs(part, members)})`,
          `(r.patient is null or r.patient not in ${members})`,
        ],
        order: 'r.seq',
      });
  }
}

interface Clauses {
  readonly from: string;
  readonly where: readonly string[];
  readonly order: string;
}

function select(
  of: Export,
  part: PlannedPart,
  options: PartQueryOptions,
  clauses: Clauses,
): string {
  const wanted = [...versionsWanted(of, part, options), ...clauses.where];
  const rows = `from ${clauses.from}\n where ${wanted.join('\n   and ')}`;
  if (part.kind !== 'deleted') return `select r.body ${rows} order by ${clauses.order}`;
  const ordered = `select r.id, (row_number() over (order by ${clauses.order}) - 1) / ${entriesPerBundle} as bundle ${rows}`;
  return `select '{"resourceType":"Bundle","type":"transaction","entry":['
       || string_agg('{"request":{"method":"DELETE","url":' || to_json('${part.type}/' || id)::text || '}}', ',' order by id)
       || ']}'
  from (${ordered}) d group by bundle order by bundle`;
}

/**
 * The versions `r` of a type that an export tells of, as conditions to be joined by `and`: those that
 * were the present at its transactionTime, and with `_since` only what changed after it.
 */
export function versionsWanted(
  of: Export,
  { type, kind }: Pick<PlannedPart, 'type' | 'kind'>,
  options: PartQueryOptions,
): string[] {
  const at = timestamp(of.transactionTime);
  const since = of.kickOff.since;
  const basis = options.sinceBasis === 'stored' ? 'r.stored_at' : 'r.last_updated';
  return [
    `r.type = ${text(type)}`,
    `r.stored_at <= ${at}`,
    `r.superseded_at > ${at}`,
    kind === 'deleted' ? 'r.deleted' : 'not r.deleted',
    ...(since === undefined ? [] : [`${basis} > ${timestamp(since)}`]),
  ];
}

function rangeOfSeq(part: PlannedPart): string[] {
  return [`r.seq >= ${int(part.rangeFrom)}`, `r.seq < ${int(part.rangeTo)}`];
}

/** The first and the last range are open: there is no instant too early or too late. */
function rangeOfChanges({ rangeFrom, rangeTo }: PlannedPart): string[] {
  return [
    ...(rangeFrom === 0 ? [] : [`r.last_updated >= ${micros(rangeFrom)}`]),
    ...(rangeTo === rangeEnd ? [] : [`r.last_updated < ${micros(rangeTo)}`]),
  ];
}

/** Which rows of a range the level holds. */
function compartments(of: Export, part: PlannedPart, members: string): string[] {
  const { level, groupId } = of.kickOff;
  if (level === 'system') return [];
  // Other Groups that a member is in tell of other patients: only the Group itself, when asked for.
  if (level === 'group' && part.type === 'Group') return [`r.id = ${text(groupId ?? '')}`];
  if (level === 'patient' && of.kickOff.patients === undefined) {
    return ['r.patient is not null'];
  }
  return [`(r.patient in ${members} or (r.shared and r.seq in (${sharedSeqs(part, members)})))`];
}

function sharedSeqs(part: PlannedPart, members: string): string {
  return `select p.seq from sluice.resource_patients p where p.type = ${text(part.type)} and p.patient in ${members}`;
}

function text(value: string): string {
  return pg.escapeLiteral(value);
}

function uuid(value: string): string {
  return `${text(value)}::uuid`;
}

function timestamp(value: string): string {
  return `${text(value)}::timestamptz`;
}

/** An instant given in µs since 1970. */
function micros(value: number): string {
  const [date = '', ms = ''] = new Date(Math.floor(value / 1000)).toISOString().split(/[.Z]/);
  return timestamp(`${date}.${ms}${String(value % 1000).padStart(3, '0')}Z`);
}

function int(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer: ${value}`);
  return `${value}`;
}
