import { checkCompleteness, statesBefore, type PartRecord } from '@sluice/export';
import { recordCompletion } from './audit-events.ts';
import type { Client, Pool } from './pool.ts';
import { retryConflicts, withTransaction } from './transaction.ts';

/** What became of a finish. */
export type Finish =
  | { readonly outcome: 'completed'; readonly slot: string | undefined }
  /** Not running (any more), or parts are still open. */
  | { readonly outcome: 'not-ready' }
  /** Completeness could not be proved; nothing was changed. */
  | { readonly outcome: 'incomplete'; readonly faults: readonly string[] };

/**
 * Completes an export: under a lock on its row, proves that its parts cover what was planned and
 * that every file holds what was read, then sets the expiry. Running it twice changes nothing.
 */
export async function finishExport(pool: Pool, id: string, retentionMs: number): Promise<Finish> {
  return await retryConflicts(() =>
    withTransaction(pool, (client) => finish(client, id, retentionMs)),
  );
}

async function finish(client: Client, id: string, retentionMs: number): Promise<Finish> {
  const owner = await client.query<{ slot: string | null; parts_total: number }>(
    `select slot, parts_total from sluice.exports where id = $1 and state = 'running' for no key update`,
    [id],
  );
  const row = owner.rows[0];
  if (!row) return { outcome: 'not-ready' };
  const { rows: parts } = await client.query<PartRecord>(
    `select p.number, p.kind, p.type, p.access, p.state,
              p.range_from::float8 as "rangeFrom", p.range_to::float8 as "rangeTo",
              p.resources::float8 as "resourcesRead", p.left_out::float8 as "leftOut", p.bytes::float8 as "bytesWritten",
              coalesce(f.count, 0)::float8 as "resourcesInFiles",
              coalesce(f.bytes, 0)::float8 as "bytesInFiles"
         from sluice.parts p
         left join lateral (
           select sum(count) filter (where f.kind = p.kind) as count, sum(bytes) as bytes
             from sluice.output_files f where f.export_id = p.export_id and f.part_number = p.number
         ) f on true
        where p.export_id = $1
        order by p.number`,
    [id],
  );
  if (parts.some((part) => part.state !== 'completed')) return { outcome: 'not-ready' };
  const faults = checkCompleteness(row.parts_total, parts);
  if (faults.length > 0) return { outcome: 'incomplete', faults };
  await client.query(
    `update sluice.exports
          set state = 'completed', completed_at = clock_timestamp(), ended_at = clock_timestamp(),
              expires_at = clock_timestamp() + make_interval(secs => $2 / 1000.0),
              resources = (select coalesce(sum(resources - left_out), 0) from sluice.parts where export_id = $1 and kind = 'output'),
              bytes = (select coalesce(sum(bytes), 0) from sluice.parts where export_id = $1)
        where id = $1 and state = any($3::text[])`,
    [id, retentionMs, statesBefore('completed')],
  );
  await client.query(recordCompletion, [id]);
  return { outcome: 'completed', slot: row.slot ?? undefined };
}
