import { rangeEnd, type Export } from '@sluice/export';
import { supportingTypes } from '@sluice/fhir';
import type { PlannedPart } from './parts.ts';
import { int, micros, text, uuid } from './literals.ts';
import { inCompartments, members, ofNobodyElse, sharedSeqs } from './membership.ts';
import { narrowed } from './narrowing.ts';
import { deletedProvenance, provenanceWanted } from './provenance-query.ts';
import {
  changedSince,
  versionsPresent,
  versionsWanted,
  type PartQueryOptions,
} from './versions-wanted.ts';

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
export const readSettings = `set local jit = off; set local max_parallel_workers_per_gather = 0; set local work_mem = '64MB';`;
/** A range comes from its index in order: rows flow from the start, whatever the statistics say. */
const inOrder = `${readSettings} set local enable_sort = off; set local enable_seqscan = off;`;
/** What Provenance is about is looked up by its key, or found by its age: a planner without statistics might read all of every type. */
const byKey = `${readSettings} set local enable_seqscan = off;`;

/** How to read a part: small results, and those found by another index than their order's, may be sorted. */
export function partRead(of: Export, part: PlannedPart, options: PartQueryOptions): PartRead {
  const isLong =
    part.access === 'range' && part.kind === 'output' && of.kickOff.since === undefined;
  const settings = part.access === 'provenance' ? byKey : isLong ? inOrder : readSettings;
  return { settings, query: partQuery(of, part, options) };
}

/**
 * The one statement that reads a part. Every read takes present and past versions in one snapshot,
 * at the export's transactionTime: the same rows whenever it is run. The order is total, so that the
 * same rows are the same bytes.
 */
function partQuery(of: Export, part: PlannedPart, options: PartQueryOptions): string {
  const { type, kind } = part;
  const patients = members(of, kind);
  const wanted = versionsWanted(of, { type: text(type), kind }, options);
  switch (part.access) {
    case 'notices':
      return `select body from sluice.export_notices where export_id = ${uuid(of.id)} order by number`;
    case 'select-supporting':
      throw new TypeError('this part selects, and reads nothing');
    case 'range':
      return select(of, part, {
        from: 'sluice.resources r',
        where: [...wanted, ...rangeOfSeq(part), ...inCompartments(of, type, kind)],
        order: 'r.seq',
      });
    case 'changes':
      return select(of, part, {
        from: 'sluice.resources r',
        where: [...wanted, ...rangeOfChanges(part), ...inCompartments(of, type, kind)],
        order: 'r.last_updated, r.seq',
      });
    case 'members':
      return select(of, part, {
        from: 'sluice.export_members m join sluice.resources r on r.patient = m.patient',
        where: [...wanted, ...rangeOfMembers(of, part)],
        order: 'm.ordinal, r.seq',
      });
    case 'shared':
      return select(of, part, {
        from: 'sluice.resources r',
        where: [
          ...wanted,
          `r.seq in (${sharedSeqs(text(type), patients)})`,
          `(r.patient is null or r.patient not in ${patients})`,
        ],
        order: 'r.seq',
      });
    case 'provenance':
      return select(of, part, {
        from: 'sluice.resources r',
        where: [
          ...(kind === 'deleted' ? deletedProvenance(of, options) : provenanceWanted(of, options)),
          ...rangeOfSeq(part),
        ],
        order: 'r.seq',
      });
    case 'supporting':
      return select(of, part, supporting(of, part, options));
    case 'tombstones':
      return `select b.body from sluice.resources r cross join lateral (
                select p.body from sluice.resources p
                 where p.type = ${text(type)} and p.id = r.id and p.seq < r.seq and not p.deleted
                 order by p.seq desc limit 1) b
               where ${[...tombstones(of, type, options), ...rangeOfSeq(part)].join('\n   and ')} order by r.seq`;
  }
}

/** Of Provenance those that are about what is in the level, as the others are; of supporting types those that are referred to. */
function tombstones(of: Export, type: string, options: PartQueryOptions): string[] {
  if (type === 'Provenance') return deletedProvenance(of, options);
  const wanted = versionsWanted(of, { type: text(type), kind: 'deleted' }, options);
  const own = inCompartments(of, type, 'deleted');
  if (of.kickOff.level === 'system' || !supportingTypes.has(type)) return [...wanted, ...own];
  const noted = `exists (select from sluice.export_supporting s where s.export_id = ${uuid(of.id)} and s.type = ${text(type)} and s.id = r.id)`;
  const referred = [noted, ...ofNobodyElse(of, text(type))].join(' and ');
  return [...wanted, type === 'Device' ? `(${own.join(' and ')} or (${referred}))` : referred];
}

/** What select-supporting found of a type. A Device that is a patient's comes with its patient. */
function supporting(of: Export, part: PlannedPart, options: PartQueryOptions): Clauses {
  const { type, kind } = part;
  const always = kind === 'output' && options.sinceContext === 'always';
  const recent = changedSince(of, options).map((changed) => `(s.any_age or ${changed})`);
  return {
    from: 'sluice.export_supporting s join sluice.resources r on r.id = s.id',
    where: [
      `s.export_id = ${uuid(of.id)}`,
      `s.type = ${text(type)}`,
      ...versionsPresent(of, { type: text(type), kind }, options),
      ...(always ? [] : recent),
      ...rangeOfSeq(part),
      ...(type === 'Device' ? ['r.patient is null'] : ofNobodyElse(of, text(type))),
    ],
    order: 'r.seq',
  };
}

interface Clauses {
  readonly from: string;
  readonly where: readonly string[];
  readonly order: string;
}

function select(of: Export, part: PlannedPart, clauses: Clauses): string {
  const wanted = part.kind === 'output' ? [...clauses.where, ...narrowed(of, part)] : clauses.where;
  const rows = `from ${clauses.from}\n where ${wanted.join('\n   and ')}`;
  if (part.kind !== 'deleted') return `select r.body ${rows} order by ${clauses.order}`;
  const ordered = `select r.id, (row_number() over (order by ${clauses.order}) - 1) / ${entriesPerBundle} as bundle ${rows}`;
  return `select '{"resourceType":"Bundle","type":"transaction","entry":['
       || string_agg('{"request":{"method":"DELETE","url":' || to_json('${part.type}/' || id)::text || '}}', ',' order by id)
       || ']}'
  from (${ordered}) d group by bundle order by bundle`;
}

function rangeOfSeq(part: PlannedPart): string[] {
  return [`r.seq >= ${int(part.rangeFrom)}`, `r.seq < ${int(part.rangeTo)}`];
}

function rangeOfMembers(of: Export, { kind, rangeFrom, rangeTo }: PlannedPart): string[] {
  return [
    `m.export_id = ${uuid(of.id)}`,
    ...(kind === 'deleted' ? [] : ['m.present']),
    `m.ordinal >= ${int(rangeFrom)}`,
    `m.ordinal < ${int(rangeTo)}`,
  ];
}

/** The first and the last range are open: there is no instant too early or too late. */
function rangeOfChanges({ rangeFrom, rangeTo }: PlannedPart): string[] {
  return [
    ...(rangeFrom === 0 ? [] : [`r.last_updated >= ${micros(rangeFrom)}`]),
    ...(rangeTo === rangeEnd ? [] : [`r.last_updated < ${micros(rangeTo)}`]),
  ];
}
