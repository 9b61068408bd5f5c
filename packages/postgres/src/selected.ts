import type { Queryable } from './pool.ts';

/**
 * Notes which resources of a filtered type passed, for the parts of later stages that depend on it.
 * A part that is written again notes the same ones again.
 */
export async function noteSelected(
  db: Queryable,
  exportId: string,
  type: string,
  ids: readonly string[],
): Promise<void> {
  await db.query(
    `insert into sluice.export_selected (export_id, type, id)
     select $1, $2, id from unnest($3::text[]) as id order by id on conflict do nothing`,
    [exportId, type, ids],
  );
}
