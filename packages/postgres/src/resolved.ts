import type { Export } from '@sluice/export';
import { uuid } from './literals.ts';

/*
 * References with their targets as of an export's transactionTime. Where the store has no conditional ones these are its tables, as they are.
 */

/** `supporting_references` with searches replaced by what they led to; `written` is the target as the text has it. Searches that led nowhere are not in it. */
export function referencesOf(of: Export): string {
  if (of.followsSearches !== true) return 'sluice.supporting_references';
  return `(
    select f.from_type, f.from_id, f.target_type, coalesce(x.id, f.target_id) as target_id,
           f.target_id as written, f.stored_at, f.stale
      from sluice.supporting_references f
      left join sluice.export_resolutions x
        on x.export_id = ${uuid(of.id)} and x.type = f.target_type and x.search = f.target_id
     where x.id is not null or not starts_with(f.target_id, '?'))`;
}

/** `provenance_targets`, likewise. */
export function targetsOf(of: Export): string {
  if (of.followsSearches !== true) return 'sluice.provenance_targets';
  return `(
    select p.seq, p.target_type, coalesce(x.id, p.target_id) as target_id, p.recorded
      from sluice.provenance_targets p
      left join sluice.export_resolutions x
        on x.export_id = ${uuid(of.id)} and x.type = p.target_type and x.search = p.target_id)`;
}
