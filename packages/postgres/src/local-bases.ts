import { withoutEndSlashes } from '@sluice/runtime';
import type { Queryable } from './pool.ts';

/**
 * Notes names of this store, URLs of its FHIR base, and answers all that it has been known by. References behind any of them are
 * references to this store.
 */
export async function noteLocalBases(
  db: Queryable,
  bases: readonly string[] = [],
): Promise<string[]> {
  const given = [...new Set(bases.map(withoutEndSlashes))];
  const { rows } = await db.query<{ base: string }>('select base from sluice.local_bases');
  const known = new Set(rows.map(({ base }) => base));
  const added = given.filter((base) => !known.has(base));
  if (added.length > 0) {
    await db.query(
      'insert into sluice.local_bases (base) select unnest($1::text[]) on conflict do nothing',
      [added],
    );
  }
  return [...known, ...added].sort();
}
