import { filteredTypes, typesOfLevel, type Export, type OutputKind } from '@sluice/export';
import { patientCompartmentTypes } from '@sluice/fhir';
import { text, texts, uuid } from './literals.ts';
import { inCompartments, inCompartmentsOf, isOf, joinedMembers } from './membership.ts';
import { targetsOf } from './resolved.ts';
import {
  changedSince,
  isNewest,
  versionsPresent,
  versionsWanted,
  type PartQueryOptions,
} from './versions-wanted.ts';

/**
 * Which Provenance `r` an export tells of, as conditions (SPEC F-035 to F-038). With a value of
 * includeAssociatedData: of whatever age, when it targets an exported resource, and with `latest` is
 * the newest to do so. Without one, at patient and group level: when it is in a compartment, or targets a
 * resource that is.
 */
export function provenanceWanted(of: Export, options: PartQueryOptions): string[] {
  const rule = of.kickOff.associated?.provenance;
  const wanted = { type: text('Provenance'), kind: 'output' } as const;
  if (rule === undefined) {
    const joined = joinedMembers(of);
    const isTheirs = joined && isAbout(of, (type) => [isOf(type, joined)], options);
    return [
      ...versionsPresent(of, wanted, options),
      ...changedSince(of, options).map((changed) =>
        isTheirs === undefined ? changed : `(${changed} or ${isTheirs})`,
      ),
      isAbout(of, (type) => inCompartmentsOf(of, type, 'output'), options),
    ];
  }
  return [...versionsPresent(of, wanted, options), isAboutExported(of, options)];
}

/** That `r` is in compartments, or targets a resource that is: conditions on rows of a type that SQL gives. */
export function isAbout(
  of: Export,
  inScope: (type: string) => string[],
  options: PartQueryOptions,
): string {
  const among = typesOfLevel(of.kickOff.level);
  const target = { type: 't.target_type', among, kind: 'output' } as const;
  const targets = targetIs(of, [
    `t.target_type in (${texts(among)})`,
    targetExists([...versionsPresent(of, target, options), ...inScope(target.type)]),
  ]);
  return `(${[...inScope(text('Provenance')), targets].join(' or ')})`;
}

/**
 * Which deletions `r` of Provenance an export tells of: of those that it would hold whatever their age, by what
 * the last version was about, were it there or not.
 */
export function deletedProvenance(of: Export, options: PartQueryOptions): string[] {
  const { level, types, associated } = of.kickOff;
  const tombstone = { type: text('Provenance'), kind: 'deleted' } as const;
  const wanted = versionsWanted(of, tombstone, options);
  const byTypes = associated?.provenance !== undefined ? types : undefined;
  if (level === 'system' && byTypes === undefined) return wanted;
  const inScope = (kind: OutputKind): string =>
    targetExists([
      ...versionsPresent(of, { type: 't.target_type', kind }, options),
      ...inCompartmentsOf(of, 't.target_type', kind),
    ]);
  const own = byTypes === undefined ? inCompartments(of, 'Provenance', 'deleted') : [];
  const targets = lastTargetIs(of, [
    `t.target_type in (${texts(directTypes(of, byTypes))})`,
    `(${inScope('output')} or ${inScope('deleted')})`,
  ]);
  const supporting = lastTargetIs(of, [noted('export_supporting', of)]);
  const hasSupporting = associated?.provenance !== undefined && level !== 'system';
  const scope = [...own, targets, ...(hasSupporting ? [supporting] : [])];
  return [...wanted, `(${scope.join(' or ')})`];
}

/** That `r` has a target `t` of which this is true. */
export function targetIs(of: Export, conditions: readonly string[]): string {
  return `exists (select from ${targetsOf(of)} t where t.seq = r.seq and ${conditions.join(' and ')})`;
}

/** The Provenance of rows `r`, by way of its target `t`: from what it is about, which is found first. */
export function seqsOfTargets(
  of: Export,
  rows: readonly string[],
  conditions: readonly string[],
): string {
  return `
    select t.seq from (select r.type, r.id from sluice.resources r where ${rows.join(' and ')} offset 0) c
      join ${targetsOf(of)} t on t.target_type = c.type and t.target_id = c.id
     where ${conditions.length === 0 ? 'true' : conditions.join(' and ')}`;
}

/** Of a tombstone `r`: what the version before it was about. */
function lastTargetIs(of: Export, conditions: readonly string[]): string {
  return `exists (
    select from ${targetsOf(of)} t
     where t.seq = (select max(l.seq) from sluice.resources l
                     where l.type = ${text('Provenance')} and l.id = r.id and l.seq < r.seq)
       and ${conditions.join(' and ')})`;
}

/** That a row of the target's is there; `r` is the target in it. */
export function targetExists(conditions: readonly string[]): string {
  return `exists (select from sluice.resources r where r.id = t.target_id and ${conditions.join(' and ')})`;
}

/** That the target is in a list of the export's. */
export function noted(table: string, { id }: Export): string {
  return `exists (select from sluice.${table} x where x.export_id = ${uuid(id)} and x.type = t.target_type and x.id = t.target_id)`;
}

/** The types that are found by their compartments, all but those of system level. */
export function directTypes(
  { kickOff: { level } }: Export,
  types: readonly string[] | undefined,
): string[] {
  if (level === 'system') return [...(types ?? [])];
  return types?.filter((type) => patientCompartmentTypes.has(type)) ?? typesOfLevel(level);
}

/** That `r` targets something exported. Of filtered types that is what passed, which the workers noted. */
function isAboutExported(of: Export, options: PartQueryOptions): string {
  const { level, types, since, associated } = of.kickOff;
  const latest = associated?.provenance === 'latest' ? [isLatest(of, options)] : [];
  const direct = level === 'system' ? types : directTypes(of, types);
  const isOfLevel = [...hasPassed(of), ...isRightGroup(of), ...latest];
  const wanted = (type: string): string[] => [
    ...(direct === undefined ? [] : [`${type} in (${texts(direct)})`]),
    ...versionsWanted(of, { type, kind: 'output' }, options),
    ...inCompartmentsOf(of, type, 'output'),
  ];
  const ways = [
    since === undefined
      ? targetIs(of, [...isOfLevel, targetExists(wanted('t.target_type'))])
      : // From what changed, which is little, to its Provenance: whatever the planner knows of either.
        `r.seq in (${seqsOfTargets(of, wanted('r.type'), isOfLevel)})`,
    ...(level === 'system'
      ? []
      : [targetIs(of, [...hasPassed(of), isTold(of, options), ...latest])]),
  ];
  return `(${ways.join(' or ')})`;
}

/** Of a target of a filtered type, that it passed. */
export function hasPassed(of: Export): string[] {
  const filtered = filteredTypes(of.kickOff);
  if (filtered.length === 0) return [];
  return [`(t.target_type not in (${texts(filtered)}) or ${noted('export_selected', of)})`];
}

/** At group level: of Groups only the one that is exported is told. */
export function isRightGroup({ kickOff: { level, groupId } }: Export): string[] {
  return level === 'group'
    ? [`(t.target_type <> 'Group' or t.target_id = ${text(groupId ?? '')})`]
    : [];
}

/** That the target is a supporting resource, or a patient's Device, that the export tells of. */
function isTold(of: Export, options: PartQueryOptions): string {
  const recent = changedSince(of, options);
  const always = options.sinceContext === 'always';
  const told = [
    's.any_age',
    ...recent,
    ...(always ? [`t.target_type <> 'Device'`, 'r.patient is null'] : []),
  ];
  const conditions = [
    `s.export_id = ${uuid(of.id)}`,
    's.type = t.target_type',
    's.id = t.target_id',
    ...versionsPresent(of, { type: 't.target_type', kind: 'output' }, options),
    ...(recent.length === 0 ? [] : [`(${told.join(' or ')})`]),
  ];
  return `exists (
    select from sluice.export_supporting s join sluice.resources r on r.id = s.id
     where ${conditions.join(' and ')})`;
}

/** No other present Provenance of the target was recorded later; of two at once the one stored later counts. */
export function isLatest(of: Export, options: PartQueryOptions): string {
  const provenance = text('Provenance');
  const recorded = (alias: string): string =>
    `(coalesce(${alias}.recorded, '-infinity'), ${alias}.seq)`;
  const present = [
    `v.type = ${provenance}`,
    'v.seq = q.seq',
    'not v.deleted',
    `v.stored_at <= ${text(of.transactionTime)}::timestamptz`,
    isNewest(of, provenance, 'v', options),
  ];
  return `not exists (
    select from ${targetsOf(of)} q join sluice.resources v on ${present.join(' and ')}
     where q.target_type = t.target_type and q.target_id = t.target_id and ${recorded('q')} > ${recorded('t')})`;
}
