import { filteredTypes, type Export, type Scope } from '@sluice/export';
import { supportingDepth as depth } from '@sluice/fhir';
import { text, texts, timestamp, uuid } from './literals.ts';
import { hasMembers, inCompartments, isOf, joinedMembers, ofNobodyElse } from './membership.ts';
import type { Pool, Queryable } from './pool.ts';
import { referencesOf, targetsOf } from './resolved.ts';
import { aboutFound, aboutLevel, isAboutJoined } from './provenance-sources.ts';
import { noteDeletedSupporting, tellsDeletions } from './select-deleted-supporting.ts';
import { withTransaction } from './transaction.ts';
import { versionsPresent, type PartQueryOptions } from './versions-wanted.ts';

/**
 * Finds the supporting resources of an export (SPEC F.6): those outside the compartment that exported
 * resources refer to, transitively by way of exported ones. They are noted in `export_supporting`,
 * whether they are there or not, and of deleted ones also those that were referred to; running it twice
 * notes nothing new. Of a supporting type with a filter those lead on that are noted to have passed: what is noted
 * in between makes another run find more.
 *
 * The store keeps who refers to whom as a set that only grows. A row of it that may have outlived its
 * references is believed only if a version that the export tells of (a witness) still names the target.
 *
 * @returns how many were not noted before
 */
export async function selectSupporting(
  pool: Pool,
  of: Export,
  scope: Pick<Scope, 'sources' | 'supporting' | 'exportedTargets'>,
  options: PartQueryOptions,
): Promise<number> {
  const found = (isMuch: boolean): string => `
    with recursive found (type, id, any_age, depth) as (
       (${firstStep(of, scope, options, isMuch)})
       union
       select n.type, n.id, f.any_age, f.depth + 1
         from found f cross join lateral (${nextStep(of, scope, options)}) n (type, id)
        where f.depth < ${depth}
     )
     insert into sluice.export_supporting (export_id, type, id, any_age)
     select ${uuid(of.id)}, type, id, bool_or(any_age) from found group by type, id order by type, id
     on conflict do nothing`;
  return await withTransaction(pool, async (client) => {
    // Over all types of the store, which the planner takes for a costly statement: compiling it costs more.
    await client.query('set local jit = off');
    const { rowCount } = await client.query(found(await hasMuchProvenance(client, of, scope)));
    if (tellsDeletions(of)) await client.query(noteDeletedSupporting(of, scope, options));
    return rowCount ?? 0;
  });
}

type Sources = Parameters<typeof selectSupporting>[2];

/**
 * Whether there is more Provenance than is worth looking at one by one, for the export that there is: as many of its resources are
 * gone through in the time that it takes to look at one. Of what was never counted there may be any number.
 */
async function hasMuchProvenance(
  db: Queryable,
  { resourcesEstimated }: Export,
  { sources }: Sources,
): Promise<boolean> {
  if (!sources.includes('Provenance')) return false;
  const { rows } = await db.query<{ count: number }>(
    `select reltuples as count from pg_class where oid = 'sluice.resources_provenance_current'::regclass`,
  );
  const count = rows[0]?.count ?? -1;
  return count < 0 || count * 150 > resourcesEstimated;
}

/** What the level's own resources refer to, each once, and the patients' Devices, which refer on. */
function firstStep(of: Export, scope: Sources, options: PartQueryOptions, isMuch: boolean): string {
  const { sources, supporting } = scope;
  const joined = joinedMembers(of);
  const references = [referredToByPatients(of, scope, options)];
  if (sources.includes('Group')) {
    const group = { type: text('Group'), kind: 'output' } as const;
    const theirs = [
      ...versionsPresent(of, group, options),
      ...inCompartments(of, 'Group', 'output'),
    ];
    const isNew = joined === undefined ? 'false' : isOf(text('Group'), joined);
    references.push(referredToByOne(of, scope, { type: 'Group', rows: theirs, isNew }));
  }
  if (sources.includes('Provenance')) {
    const about = {
      rows: aboutLevel(of, scope, options, isMuch),
      isNew: isAboutJoined(of, options),
    };
    references.push(referredToByOne(of, scope, { type: 'Provenance', ...about }));
  }
  // Targets are looked at when all of them are together: the planner takes its time over each such look.
  const wanted = isNobodyElses(of, scope, options);
  const steps = [
    `select s.target_type, s.target_id, bool_or(s.is_new), 1
         from (${references.join('\n         union all\n         ')}) s (target_type, target_id, is_new)
        group by s.target_type, s.target_id${wanted.length === 0 ? '' : ` having ${wanted.join(' and ')}`}`,
  ];
  if (supporting.includes('Device')) {
    const device = { type: text('Device'), kind: 'output' } as const;
    const theirs = [
      ...versionsPresent(of, device, options),
      ...inCompartments(of, 'Device', 'output'),
    ];
    const isNew = joined === undefined ? 'false' : `coalesce(r.patient in ${joined}, false)`;
    steps.push(
      `select r.type, r.id, ${isNew}, 0 from sluice.resources r where ${theirs.join(' and ')}`,
    );
  }
  return steps.join('\n       union all\n       ');
}

/** What the patients' resources refer to whose references are noted by patient. */
function referredToByPatients(
  of: Export,
  { sources, supporting }: Sources,
  options: PartQueryOptions,
): string {
  const listed = hasMembers(of);
  const types = sources.filter((type) => type !== 'Group' && type !== 'Provenance');
  const conditions = [
    `s.from_type in (${texts(types)})`,
    `s.target_type in (${texts(supporting)})`,
    ...(listed ? [`m.export_id = ${uuid(of.id)}`, 'm.present'] : []),
    holds(of, types, 'r.patient = s.from_id', options),
  ];
  return `select s.target_type, s.target_id, ${listed ? 'm.is_new' : 'false'}
         from ${referencesOf(of)} s${listed ? ' join sluice.export_members m on m.patient = s.from_id' : ''}
        where ${conditions.join(' and ')}`;
}

/** What resources refer to whose references are noted by their own id; `rows` are conditions on them, `r`. */
function referredToByOne(
  of: Export,
  { supporting }: Sources,
  { type, rows, isNew }: { type: string; rows: readonly string[]; isNew: string },
): string {
  const conditions = [...rows, ...isMadeByRow(of, type), `s.target_type in (${texts(supporting)})`];
  return `select s.target_type, s.target_id, ${isNew}
         from sluice.resources r join ${referencesOf(of)} s on s.from_id = r.id
        where ${conditions.join(' and ')}`;
}

/** What a resource `f` that was found refers to, and with includeAssociatedData the Provenance that comes for it. */
function nextStep(of: Export, scope: Sources, options: PartQueryOptions): string {
  const isWanted = [
    `s.target_type in (${texts(scope.supporting)})`,
    ...isNobodyElses(of, scope, options),
  ];
  const own = [
    's.from_type = f.type',
    's.from_id = f.id',
    holds(of, scope.supporting, 'r.id = s.from_id', options),
    ...isWanted,
  ];
  const references = `select s.target_type, s.target_id from ${referencesOf(of)} s where ${own.join(' and ')}`;
  if (!scope.exportedTargets || !scope.sources.includes('Provenance')) return references;
  const theirs = [...aboutFound(of, scope, options), ...isMadeByRow(of, 'Provenance'), ...isWanted];
  return `${references}
         union all
         select s.target_type, s.target_id
           from ${targetsOf(of)} t
           join sluice.resources r on r.seq = t.seq
           join ${referencesOf(of)} s on s.from_id = r.id
          where ${theirs.join(' and ')}`;
}

/** That the reference `s` is made by the row `r` of a type, which is told of. */
function isMadeByRow(of: Export, type: string): string[] {
  const { until, associated } = of.kickOff;
  // The rows may be others than those that are there at transactionTime.
  const looksBack = until !== undefined || associated?.history === true;
  return [
    ...(filteredTypes(of.kickOff).includes(type) ? [hasPassed(of)] : []),
    `s.from_type = ${text(type)}`,
    `s.stored_at <= ${timestamp(of.transactionTime)}`,
    looksBack ? namesTarget(of) : `(not s.stale or ${namesTarget(of)})`,
  ];
}

/**
 * That the target `s` points to does not tell of somebody outside the level, or no way would lead
 * through it. One that is not there may have been deleted, which is told.
 */
function isNobodyElses(of: Export, { supporting }: Sources, options: PartQueryOptions): string[] {
  const others = ofNobodyElse(of, 's.target_type');
  if (others.length === 0) return [];
  const target = { type: 's.target_type', among: supporting, kind: 'output' } as const;
  const present = ['r.id = s.target_id', ...versionsPresent(of, target, options)];
  return [
    `coalesce((select bool_or(${others.join(' and ')}) from sluice.resources r where ${present.join(' and ')}), true)`,
  ];
}

/** That the reference `s` is made at the export's transactionTime, by a resource, of one of these types, that is told of. */
function holds(
  of: Export,
  types: readonly string[],
  isSource: string,
  options: PartQueryOptions,
): string {
  const filtered = filteredTypes(of.kickOff);
  const at = timestamp(of.transactionTime);
  const certain = [
    ...(of.kickOff.until === undefined ? [] : ['false']),
    ...(filtered.length === 0 ? [] : [`s.from_type not in (${texts(filtered)})`]),
    'not s.stale',
  ].join(' and ');
  return `s.stored_at <= ${at} and ((${certain}) or ${witness(of, types, isSource, options)})`;
}

/** That the text of `r` names the target of `s` as it is written; slashes may be escaped. */
function namesTarget({ followsSearches }: Export): string {
  // `Type/id`, or with a version; with searches also the search that led to it.
  return followsSearches === true
    ? 'sluice.may_name(r.body, s.target_type, s.written)'
    : `replace(r.body, '\\/', '/') ~ (s.target_type || '(/|[?]_id=)' || replace(s.target_id, '.', '\\.') || '("|/_history/)')`;
}

/** That `r`, of a filtered type, was let through. */
function hasPassed({ id }: Export): string {
  return `exists (select from sluice.export_selected x where x.export_id = ${uuid(id)} and x.type = r.type and x.id = r.id)`;
}

function witness(
  of: Export,
  types: readonly string[],
  isSource: string,
  options: PartQueryOptions,
): string {
  const filtered = filteredTypes(of.kickOff);
  const source = { type: 's.from_type', among: types, kind: 'output' } as const;
  const conditions = [
    ...versionsPresent(of, source, options),
    ...(filtered.length === 0
      ? []
      : [`(s.from_type not in (${texts(filtered)}) or ${hasPassed(of)})`]),
    namesTarget(of),
  ].join(' and ');
  const own = `exists (select from sluice.resources r where ${isSource} and ${conditions})`;
  const shared = `exists (
    select from sluice.resource_patients p join sluice.resources r on r.type = p.type and r.seq = p.seq
     where p.type = s.from_type and p.patient = s.from_id and ${conditions})`;
  return isSource === 'r.id = s.from_id' ? own : `(${own} or ${shared})`;
}
