import { text } from './literals.ts';
import type { Queryable } from './pool.ts';

/** Of these ids of a type, those of which the store has no resource now. */
export async function findMissing(
  db: Queryable,
  type: string,
  ids: readonly string[],
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select w.id from unnest($1::text[]) w(id)
      where not exists (select from sluice.resources r
                         where r.type = ${text(type)} and r.is_current and not r.deleted and r.id = w.id)`,
    [ids],
  );
  return rows.map(({ id }) => id);
}

/** Some present resources of a type, in the order of their storage, behind one that was read before. */
export async function readPage(
  db: Queryable,
  type: string,
  after: string,
): Promise<{ seq: string; body: string }[]> {
  const { rows } = await db.query<{ seq: string; body: string }>(
    `select r.seq, r.body from sluice.resources r
      where r.type = ${text(type)} and r.is_current and not r.deleted and r.seq > $1
      order by r.seq limit 500`,
    [after],
  );
  return rows;
}
