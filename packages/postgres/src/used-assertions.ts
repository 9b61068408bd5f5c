import type { Queryable } from './pool.ts';

/** Remembers a used assertion until then (epoch seconds); false when it is known. Of several at once one is first. */
export async function rememberAssertion(
  db: Queryable,
  id: string,
  until: number,
): Promise<boolean> {
  await db.query('delete from sluice.used_assertions where expires_at < clock_timestamp()');
  const { rowCount } = await db.query(
    `insert into sluice.used_assertions (id, expires_at) values ($1, to_timestamp($2::float8)) on conflict do nothing`,
    [id, until],
  );
  return rowCount === 1;
}
