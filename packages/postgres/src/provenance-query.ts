import { filteredTypes, typesOfLevel, type Export } from '@sluice/export';
import { text, texts, uuid } from './literals.ts';
import { inCompartments, inCompartmentsOf } from './membership.ts';
import {
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
    const own = inCompartments(of, 'Provenance', 'output');
    const targets = targetIs([
      `t.target_type in (${texts(typesOfLevel(of.kickOff.level))})`,
      exists([
        ...versionsPresent(of, { type: 't.target_type', kind: 'output' }, options),
        ...inCompartmentsOf(of, 't.target_type', 'output'),
      ]),
    ]);
    return [...versionsWanted(of, wanted, options), `(${[...own, targets].join(' or ')})`];
  }
  const latest = rule === 'latest' ? [isLatest(of, options)] : [];
  return [...versionsPresent(of, wanted, options), targetIs([isExported(of, options), ...latest])];
}

function targetIs(conditions: readonly string[]): string {
  return `exists (select from sluice.provenance_targets t where t.seq = r.seq and ${conditions.join(' and ')})`;
}

/** That a row of the target's is there; `r` is the target in it. */
function exists(conditions: readonly string[]): string {
  return `exists (select from sluice.resources r where r.id = t.target_id and ${conditions.join(' and ')})`;
}

/** Of filtered types those that passed, which the workers noted. */
function isExported(of: Export, options: PartQueryOptions): string {
  const { level, types } = of.kickOff;
  const filtered = filteredTypes(of.kickOff);
  const direct = types ?? (level === 'system' ? undefined : typesOfLevel(level));
  const wanted = exists([
    ...versionsWanted(of, { type: 't.target_type', kind: 'output' }, options),
    ...inCompartmentsOf(of, 't.target_type', 'output'),
  ]);
  const inScope = [
    ...(direct === undefined ? [] : [`t.target_type in (${texts(direct)})`]),
    ...(filtered.length === 0 ? [] : [`t.target_type not in (${texts(filtered)})`]),
    wanted,
  ];
  const noted = (table: string): string =>
    `exists (select from sluice.${table} x where x.export_id = ${uuid(of.id)} and x.type = t.target_type and x.id = t.target_id)`;
  return `(${[
    inScope.join(' and '),
    ...(filtered.length === 0 ? [] : [noted('export_selected')]),
    ...(level === 'system' ? [] : [noted('export_supporting')]),
  ].join(' or ')})`;
}

/** No other present Provenance of the target was recorded later; of two at once the one stored later counts. */
function isLatest(of: Export, options: PartQueryOptions): string {
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
    select from sluice.provenance_targets q join sluice.resources v on ${present.join(' and ')}
     where q.target_type = t.target_type and q.target_id = t.target_id and ${recorded('q')} > ${recorded('t')})`;
}
