import type { Narrowing } from '@sluice/fhir';
import { narrowingSql } from './narrowing.ts';
import type { Queryable } from './pool.ts';

/** Bytes of bodies looked at by one statement; one Group may be longer than that. */
const windowBytes = 4 * 2 ** 20;

/** The Groups that follow an id, in the order of ids. */
export interface GroupWindow {
  /** Without its body a Group cannot match. */
  readonly groups: readonly { readonly id: string; readonly body: string | null }[];
  /** No Group follows these. */
  readonly isLast: boolean;
}

/**
 * Reads the next Groups of the present behind an id ('' is before all), with the bodies of those that
 * meet the condition. Bounded in Groups (`most`) and in bytes: whoever searches asks again from the last id.
 * A Group that is there all the while is seen exactly once, whatever else is written between two windows.
 */
export async function readGroupWindow(
  db: Queryable,
  narrowing: Narrowing,
  { after, most }: { readonly after: string; readonly most: number },
): Promise<GroupWindow> {
  const parts = 'all' in narrowing ? narrowing.all : [narrowing];
  // By ids the index finds the few that are asked for; everything else is looked at window by window.
  const ids = conditionsOf(parts.filter((part) => 'id' in part));
  const others = conditionsOf(parts.filter((part) => !('id' in part)));
  const { rows } = await db.query<{ id: string; body: string | null; found: number }>(
    `select r.id, case when ${others.join(' and ') || 'true'} then r.body end as body, r.found
       from (select w.*, count(*) over ()::int as found,
                    sum(octet_length(w.body)) over (order by w.id) - octet_length(w.body) as bytes_before
               from (select r.seq, r.id, r.body, r.last_updated, r.patient, r.shared
                       from sluice.resources r
                      where ${['r.type = $1', 'r.is_current', 'not r.deleted', 'r.id > $2', ...ids].join(' and ')}
                      order by r.id
                      limit $3) w
            ) r
      where r.bytes_before < ${windowBytes}
      order by r.id`,
    ['Group', after, most],
  );
  const found = rows[0]?.found ?? 0;
  return {
    groups: rows.map(({ id, body }) => ({ id, body })),
    isLast: found < most && rows.length === found,
  };
}

function conditionsOf(parts: readonly Narrowing[]): string[] {
  return parts.map((part) => narrowingSql(part, 'Group')).filter((sql) => sql !== undefined);
}
