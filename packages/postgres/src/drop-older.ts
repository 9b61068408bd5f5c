import type { Client } from './pool.ts';

/**
 * Takes resources that are older than what is stored out of `staged_resources`; their number. Instants are compared where both were given: one that
 * the store wrote (it is that of storing) says nothing about the source. At the same instant, or where only versions are given, the lower number is
 * older. A deletion is compared by the version that it ends.
 */
export async function dropOlder(client: Client, types: Iterable<string>): Promise<number> {
  let dropped = 0;
  for (const type of types) {
    // A subquery and no join: the present is looked into by its key, however large it is.
    const { rowCount } = await client.query(
      `delete from pg_temp.staged_resources s
        where s.type = $1
          and (s.last_updated is not null or s.version_id is not null)
          and (select case
                        when s.last_updated <> c.last_updated
                        then s.last_updated < c.last_updated and c.last_updated <> c.stored_at
                        when s.version_id ~ '^[0-9]{1,18}$' and c.version_id ~ '^[0-9]{1,18}$'
                        then s.version_id::bigint < c.version_id::bigint
                      end
                 from sluice.resources c
                where c.type = $1 and c.is_current and not c.deleted and c.id = s.id)`,
      [type],
    );
    dropped += rowCount ?? 0;
  }
  return dropped;
}
