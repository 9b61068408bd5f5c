import { filteredTypes, type Export, type Scope } from '@sluice/export';
import { text, texts, timestamp, uuid } from './literals.ts';
import { hasMembers, inCompartments, joinedMembers, ofNobodyElse } from './membership.ts';
import type { Pool } from './pool.ts';
import { versionsPresent, type PartQueryOptions } from './versions-wanted.ts';

/**
 * How many references lead from an exported resource to a supporting one at the most: Encounter →
 * Location → Organization → its parent.
 */
const depth = 3;

/**
 * Finds the supporting resources of an export (SPEC F.6): those outside the compartment that exported
 * resources refer to, transitively by way of exported ones. They are noted in `export_supporting`,
 * whether they are there or not; running it twice notes nothing new.
 *
 * The store keeps who refers to whom as a set that only grows. A row of it that may have outlived its
 * references is believed only if a version that the export tells of (a witness) still names the target.
 */
export async function selectSupporting(
  pool: Pool,
  of: Export,
  { sources, supporting }: Pick<Scope, 'sources' | 'supporting'>,
  options: PartQueryOptions,
): Promise<void> {
  await pool.query(
    `with recursive found (type, id, any_age, depth) as (
       (${firstStep(of, sources, supporting, options)})
       union
       select s.target_type, s.target_id, f.any_age, f.depth + 1
         from found f join sluice.supporting_references s on s.from_type = f.type and s.from_id = f.id
        where ${[
          `f.depth < ${depth}`,
          `s.target_type in (${texts(supporting)})`,
          holds(of, 'r.id = s.from_id', options),
          ...isNobodyElses(of, options),
        ].join(' and ')}
     )
     insert into sluice.export_supporting (export_id, type, id, any_age)
     select ${uuid(of.id)}, type, id, bool_or(any_age) from found group by type, id
     on conflict do nothing`,
  );
}

/** What the patients' own resources refer to, and their Devices, which refer on. */
function firstStep(
  of: Export,
  sources: readonly string[],
  supporting: readonly string[],
  options: PartQueryOptions,
): string {
  const referred = referredTo(of, sources, supporting, options);
  if (!supporting.includes('Device')) return referred;
  const device = text('Device');
  const theirs = [
    ...versionsPresent(of, { type: device, kind: 'output' }, options),
    ...inCompartments(of, 'Device', 'output'),
  ];
  const joined = joinedMembers(of);
  const isNew = joined === undefined ? 'false' : `coalesce(r.patient in ${joined}, false)`;
  return `${referred}
       union all
       select r.type, r.id, ${isNew}, 0 from sluice.resources r where ${theirs.join(' and ')}`;
}

function referredTo(
  of: Export,
  sources: readonly string[],
  supporting: readonly string[],
  options: PartQueryOptions,
): string {
  const listed = hasMembers(of);
  const conditions = [
    `s.from_type in (${texts(sources)})`,
    `s.target_type in (${texts(supporting)})`,
    ...(listed ? [`m.export_id = ${uuid(of.id)}`, 'm.present'] : []),
    holds(of, 'r.patient = s.from_id', options),
  ];
  const having = isNobodyElses(of, options);
  return `select s.target_type, s.target_id, ${listed ? 'bool_or(m.is_new)' : 'false'}, 1
         from sluice.supporting_references s${listed ? ' join sluice.export_members m on m.patient = s.from_id' : ''}
        where ${conditions.join(' and ')}
        group by s.target_type, s.target_id${having.length === 0 ? '' : ` having ${having.join(' and ')}`}`;
}

/**
 * That the target `s` points to does not tell of somebody outside the level, or no way would lead
 * through it. One that is not there may have been deleted, which is told.
 */
function isNobodyElses(of: Export, options: PartQueryOptions): string[] {
  const others = ofNobodyElse(of, 's.target_type');
  if (others.length === 0) return [];
  const present = versionsPresent(of, { type: 's.target_type', kind: 'output' }, options);
  const exists = (conditions: readonly string[]): string =>
    `exists (select from sluice.resources r where r.id = s.target_id and ${conditions.join(' and ')})`;
  return [`(${exists([...present, ...others])} or not ${exists(present)})`];
}

/** That the reference `s` is made at the export's transactionTime, by a resource that is told of. */
function holds(of: Export, isSource: string, options: PartQueryOptions): string {
  const { until } = of.kickOff;
  const filtered = filteredTypes(of.kickOff);
  const at = timestamp(of.transactionTime);
  const certain = [
    ...(until === undefined ? [] : ['false']),
    ...(filtered.length === 0 ? [] : [`s.from_type not in (${texts(filtered)})`]),
    'not s.stale',
  ].join(' and ');
  return `s.stored_at <= ${at} and ((${certain}) or ${witness(of, isSource, filtered, options)})`;
}

function witness(
  of: Export,
  isSource: string,
  filtered: readonly string[],
  options: PartQueryOptions,
): string {
  const passed = `exists (select from sluice.export_selected x where x.export_id = ${uuid(of.id)} and x.type = r.type and x.id = r.id)`;
  const conditions = [
    ...versionsPresent(of, { type: 's.from_type', kind: 'output' }, options),
    ...(filtered.length === 0 ? [] : [`(s.from_type not in (${texts(filtered)}) or ${passed})`]),
    // As it stands in the text: `Type/id`, or with a version, and slashes may be escaped.
    `replace(r.body, '\\/', '/') ~ (s.target_type || '/' || replace(s.target_id, '.', '\\.') || '("|/_history/)')`,
  ].join(' and ');
  const own = `exists (select from sluice.resources r where ${isSource} and ${conditions})`;
  const shared = `exists (
    select from sluice.resource_patients p join sluice.resources r on r.type = p.type and r.seq = p.seq
     where p.type = s.from_type and p.patient = s.from_id and ${conditions})`;
  return isSource === 'r.id = s.from_id' ? own : `(${own} or ${shared})`;
}
