import type { AuditEvent } from '@sluice/export';
import type { Queryable } from './pool.ts';
import { recordable } from './recordable.ts';

/**
 * Adds to the record of who did what. Nothing can be changed or removed in it. Whatever texts there are in the event, it can be
 * recorded: nobody keeps out of the record by an odd name.
 */
export async function recordEvent(db: Queryable, event: Omit<AuditEvent, 'at'>): Promise<void> {
  const { action, succeeded, subject, client, address, requestId, exportId, detail } = recordable(
    event,
  ) as typeof event;
  await db.query(
    `insert into sluice.audit_events (action, succeeded, subject, client, address, request_id, export_id, detail)
     values ($1, $2, $3, $4, $5, $6, $7::uuid, $8::jsonb)`,
    [
      action,
      succeeded,
      subject ?? null,
      client ?? null,
      address ?? null,
      requestId ?? null,
      exportId ?? null,
      JSON.stringify(detail ?? {}),
    ],
  );
}

/** What is recorded of an export, oldest first. */
export async function listEvents(db: Queryable, exportId: string): Promise<AuditEvent[]> {
  const { rows } = await db.query<Record<string, unknown>>(
    `select sluice.instant(at) as at, action, succeeded, subject, client, address,
            request_id as "requestId", export_id as "exportId", detail
       from sluice.audit_events where export_id = $1::uuid order by number`,
    [exportId],
  );
  return rows.map(
    (row) =>
      Object.fromEntries(
        Object.entries(row).filter(([, value]) => value !== null),
      ) as unknown as AuditEvent,
  );
}

/**
 * The statement by which an export's completion is recorded with what it holds: resources by type, and of how many patients. $1 is
 * its id. Of an export of everybody it is known only if it holds the Patients.
 */
export const recordCompletion = `
  insert into sluice.audit_events (action, succeeded, subject, client, export_id, detail)
  select 'complete', true, e.subject, e.client, e.id, jsonb_build_object(
           'resources', coalesce((select jsonb_object_agg(type, count) from (
              select type, sum(count) as count from sluice.output_files
               where export_id = e.id and kind = 'output' group by type) t), '{}'),
           'deleted', (select coalesce(sum(count), 0) from sluice.output_files where export_id = e.id and kind = 'deleted'),
           'patients', coalesce(
              (select nullif(count(*), 0) from sluice.export_members where export_id = e.id and present and not starts_with(patient, '?')),
              (select sum(count) from sluice.output_files where export_id = e.id and kind = 'output' and type = 'Patient'
                  and e.kick_off -> 'since' is null and e.kick_off -> 'associated' -> 'history' is null)))
    from sluice.exports e where e.id = $1`;

/** Likewise the end of its files. */
export const recordExpiry = `
  insert into sluice.audit_events (action, succeeded, subject, client, export_id)
  select 'expire', true, subject, client, id from sluice.exports where id = $1`;
