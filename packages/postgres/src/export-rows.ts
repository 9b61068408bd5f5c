import type { Export, ExportState, KickOff } from '@sluice/export';
import type { Issue } from '@sluice/fhir';

/** Columns of an export, instants as ISO text (ms). */
export const exportColumns = `
  id, state, kick_off, subject, slot, folder, parts_total, parts_completed, resources_estimated, failure,
  ${['requested_at', 'transaction_time', 'completed_at', 'expires_at'].map(isoMs).join(', ')}`;

function isoMs(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${column}`;
}

/** A row of `exportColumns`. */
export interface ExportRow {
  id: string;
  state: ExportState;
  kick_off: KickOff;
  subject: string;
  slot: string | null;
  folder: string;
  requested_at: string;
  transaction_time: string;
  parts_total: number;
  parts_completed: number;
  resources_estimated: string;
  completed_at: string | null;
  expires_at: string | null;
  failure: Issue | null;
}

/** The export a row describes. */
export function toExport(row: ExportRow): Export {
  return {
    id: row.id,
    state: row.state,
    kickOff: row.kick_off,
    subject: row.subject,
    requestedAt: row.requested_at,
    transactionTime: row.transaction_time,
    folder: row.folder,
    partsTotal: row.parts_total,
    partsCompleted: row.parts_completed,
    resourcesEstimated: Number(row.resources_estimated),
    ...(row.slot === null ? {} : { slot: row.slot }),
    ...(row.completed_at === null ? {} : { completedAt: row.completed_at }),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.failure === null ? {} : { failure: row.failure }),
  };
}
