import type { Key } from '@sluice/auth';
import type { Pool, Queryable } from './pool.ts';
import { withTransaction } from './transaction.ts';

/**
 * The private keys of tokens, newest first. When the newest is older than `lifeMs` a new one takes its place; a key stays for as long
 * as `keepMs` after that, since tokens of it are about. Replicas that find this out at once make one key.
 */
export async function rotateSigningKeys(
  pool: Pool,
  {
    lifeMs,
    keepMs,
    create,
  }: { readonly lifeMs: number; readonly keepMs: number; readonly create: () => Promise<Key> },
): Promise<Key[]> {
  const known = await readSigningKeys(pool, lifeMs);
  if (known.fresh) return known.keys;
  return await withTransaction(pool, async (db) => {
    await db.query(`select pg_advisory_xact_lock(hashtext('sluice.signing_keys'))`);
    const meanwhile = await readSigningKeys(db, lifeMs);
    if (meanwhile.fresh) return meanwhile.keys;
    const key = await create();
    await db.query(
      `delete from sluice.signing_keys where created_at < clock_timestamp() - make_interval(secs => $1 / 1000.0)`,
      [lifeMs + keepMs],
    );
    await db.query('insert into sluice.signing_keys (kid, jwk) values ($1, $2::jsonb)', [
      key.kid,
      JSON.stringify(key),
    ]);
    return (await readSigningKeys(db, lifeMs)).keys;
  });
}

async function readSigningKeys(
  db: Queryable,
  lifeMs: number,
): Promise<{ keys: Key[]; fresh: boolean }> {
  const { rows } = await db.query<{ jwk: Key; fresh: boolean }>(
    `select jwk, created_at > clock_timestamp() - make_interval(secs => $1 / 1000.0) as fresh
       from sluice.signing_keys order by created_at desc`,
    [lifeMs],
  );
  return { keys: rows.map(({ jwk }) => jwk), fresh: rows[0]?.fresh ?? false };
}
