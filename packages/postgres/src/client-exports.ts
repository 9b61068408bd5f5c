import { activeStates, statesBefore } from '@sluice/export';
import { cancelExport } from './exports.ts';
import type { Pool, Queryable } from './pool.ts';

/** What there is of a client's exports. */
export interface ClientExports {
  readonly active: number;
  readonly completed: number;
  /** When the last of the files vanish, as far as is known now: a download puts it off. Instant text. */
  readonly expiresAt?: string;
}

/** Counts the exports of clients registered under an id here, now or before, that are active or have files. */
export async function countClientExports(db: Queryable, id: string): Promise<ClientExports> {
  const { rows } = await db.query<{ active: number; completed: number; expires: string | null }>(
    `select count(*) filter (where state <> 'completed')::int as active,
            count(*) filter (where state = 'completed')::int as completed,
            sluice.instant(max(expires_at) filter (where state = 'completed')) as expires
       from sluice.exports where subject = $1 and client = $1 and state = any($2::text[])`,
    [id, [...activeStates, 'completed']],
  );
  const { active = 0, completed = 0, expires = null } = rows[0] ?? {};
  return { active, completed, ...(expires === null ? {} : { expiresAt: expires }) };
}

/**
 * Cancels the exports of clients registered under an id here, now or before. Workers notice and housekeeping removes the files.
 *
 * @returns how many there were to cancel
 */
export async function cancelClientExports(
  pool: Pool,
  id: string,
  by: Parameters<typeof cancelExport>[2],
): Promise<number> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from sluice.exports where subject = $1 and client = $1 and state = any($2::text[])`,
    [id, statesBefore('cancelled')],
  );
  let cancelled = 0;
  for (const found of rows) {
    if ((await cancelExport(pool, found.id, by)) !== undefined) cancelled += 1;
  }
  return cancelled;
}
