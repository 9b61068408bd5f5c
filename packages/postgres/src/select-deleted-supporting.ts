import type { Export, Scope } from '@sluice/export';
import { supportingDepth as depth } from '@sluice/fhir';
import { text, texts, timestamp, uuid } from './literals.ts';
import { hasMembers, inCompartmentsOf, members, ofNobodyElse } from './membership.ts';
import { noted, targetExists, targetIs } from './provenance-query.ts';
import { versionsWanted, type PartQueryOptions } from './versions-wanted.ts';

type Sources = Pick<Scope, 'sources' | 'supporting' | 'exportedTargets'>;

/** Whether an export tells deletions, in `deleted` or in its output. */
export function tellsDeletions({ kickOff: { since, associated } }: Export): boolean {
  return since !== undefined || associated?.deleted === true;
}

/**
 * The statement that notes which deleted supporting resources an export tells of: those that its data ever referred to. An
 * earlier export may have told of them, whatever has become since of what referred to them, and a client that has it still
 * holds them. One that never held them loses nothing. So no texts are looked at, and filters play no part.
 *
 * It goes from what is deleted, which is little, against the references.
 */
export function noteDeletedSupporting(
  of: Export,
  scope: Sources,
  options: PartQueryOptions,
): string {
  const { supporting } = scope;
  const tombstones = [
    `r.type in (${texts(supporting)})`,
    ...versionsWanted(of, { type: 'r.type', kind: 'deleted' }, options),
  ];
  const known = `s.stored_at <= ${timestamp(of.transactionTime)}`;
  const onward = [`s.from_type in (${texts(supporting)})`, known, ...isNobodyElses(of, scope)];
  return `
    with recursive walked (type, id, from_type, from_id, depth) as (
      select r.type, r.id, r.type, r.id, 0 from sluice.resources r where ${tombstones.join(' and ')}
      union
      select w.type, w.id, s.from_type, s.from_id, w.depth + 1
        from walked w
        join sluice.supporting_references s on s.target_type = w.from_type and s.target_id = w.from_id
       where w.depth < ${depth} and ${onward.join(' and ')}
    )
    insert into sluice.export_supporting (export_id, type, id)
    select distinct ${uuid(of.id)}, w.type, w.id from walked w
     where (w.depth < ${depth} and exists (
             select from sluice.supporting_references s
              where s.target_type = w.from_type and s.target_id = w.from_id and ${known} and ${isSource(of, scope)}))
        or (w.depth > 0 and ${isTheirDevice(of, scope)})
     order by w.type, w.id
    on conflict do nothing`;
}

/** That the source of the reference `s` is in the level, or was. */
function isSource(of: Export, { sources, exportedTargets }: Sources): string {
  const { level, groupId } = of.kickOff;
  const byPatient = sources.filter((type) => type !== 'Group' && type !== 'Provenance');
  const theirs = hasMembers(of) ? ` and s.from_id in ${members(of, 'deleted')}` : '';
  const ways = [`s.from_type in (${texts(byPatient)})${theirs}`];
  if (sources.includes('Group')) {
    const group = text('Group');
    ways.push(
      level === 'group'
        ? `s.from_type = ${group} and s.from_id = ${text(groupId ?? '')}`
        : everStored(of, 'Group', 's', inCompartmentsOf(of, group, 'deleted')),
    );
  }
  if (sources.includes('Provenance')) {
    const target = targetExists([
      'r.type = t.target_type',
      `r.stored_at <= ${timestamp(of.transactionTime)}`,
      ...inCompartmentsOf(of, 't.target_type', 'deleted'),
    ]);
    const about = [
      ...inCompartmentsOf(of, text('Provenance'), 'deleted'),
      targetIs(of, [exportedTargets ? `(${target} or ${noted('export_supporting', of)})` : target]),
    ];
    ways.push(everStored(of, 'Provenance', 's', [`(${about.join(' or ')})`]));
  }
  return `((${ways.join(') or (')}))`;
}

function isTheirDevice(of: Export, { supporting }: Sources): string {
  if (!supporting.includes('Device')) return 'false';
  return everStored(of, 'Device', 'w', inCompartmentsOf(of, text('Device'), 'deleted'));
}

/** That the resource which `from_type` and `from_id` name is of a type, and this is or was true of it. */
function everStored(
  of: Export,
  type: string,
  alias: string,
  conditions: readonly string[],
): string {
  const rows = [
    `r.type = ${text(type)}`,
    `r.id = ${alias}.from_id`,
    `r.stored_at <= ${timestamp(of.transactionTime)}`,
    ...conditions,
  ];
  return `${alias}.from_type = ${text(type)} and exists (select from sluice.resources r where ${rows.join(' and ')})`;
}

/** That the source of the reference `s` does not tell of somebody outside the level, nor did before it was deleted. */
function isNobodyElses(of: Export, { supporting }: Sources): string[] {
  const nobodyElse = ofNobodyElse(of, 's.from_type');
  if (nobodyElse.length === 0) return [];
  const at = timestamp(of.transactionTime);
  const newest = [
    'r.type = s.from_type',
    `r.type in (${texts(supporting)})`,
    'r.id = s.from_id',
    `r.stored_at <= ${at}`,
    `r.superseded_at > ${at}`,
  ];
  return [
    `exists (select from sluice.resources r where ${[...newest, ...nobodyElse].join(' and ')})`,
  ];
}
