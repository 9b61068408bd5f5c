import type { Export, ExportState, ExportSummary, StoredKickOff } from '@sluice/export';
import type { Issue, ReferenceAliases } from '@sluice/fhir';

const plainColumns = [
  'id',
  'state',
  'subject',
  'client',
  'client_generation',
  'slots',
  'slot',
  'folder',
  'settled',
  'parts_total',
  'parts_completed',
  'resources_estimated',
  'stage_ends',
  'has_joined_members',
  'follows_searches',
  'failure',
];
const instantColumns = ['requested_at', 'transaction_time', 'completed_at', 'expires_at'];

/** Columns of an export, instants as ISO text (ms). */
export const exportColumns = `${columnsOf('')}, aliases`;

/** The same without what only plans and parts need of the kick-off, which can have 256 KB. */
export const summaryColumns = columnsOf('', `kick_off - array['typeFilters','elements','notices']`);

/** Columns of an export where the table has an alias. */
export function columnsOf(alias: string, kickOff = 'kick_off'): string {
  const from = alias === '' ? '' : `${alias}.`;
  return [
    `${from}${kickOff} as kick_off`,
    ...plainColumns.map((column) => from + column),
    ...instantColumns.map(
      (column) =>
        `to_char(${from}${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as ${column}`,
    ),
  ].join(', ');
}

/** A row of `exportColumns`. */
export interface ExportRow {
  id: string;
  state: ExportState;
  kick_off: StoredKickOff;
  subject: string;
  client: string | null;
  client_generation: string | null;
  slots: number | null;
  slot: string | null;
  folder: string;
  settled: boolean;
  requested_at: string;
  transaction_time: string;
  parts_total: number;
  parts_completed: number;
  resources_estimated: string;
  stage_ends: number[];
  has_joined_members: boolean;
  follows_searches: boolean;
  completed_at: string | null;
  expires_at: string | null;
  failure: Issue | null;
  aliases: ReferenceAliases | null;
}

/** A row of `summaryColumns`. */
export type SummaryRow = Omit<ExportRow, 'kick_off' | 'aliases'> & {
  kick_off: ExportSummary['kickOff'];
  aliases?: ReferenceAliases | null;
};

/** The export a row describes. */
export function toExport(row: ExportRow): Export;
export function toExport(row: SummaryRow): ExportSummary;
export function toExport(row: SummaryRow): ExportSummary & Pick<Export, 'aliases'> {
  return {
    id: row.id,
    state: row.state,
    kickOff: row.kick_off,
    subject: row.subject,
    requestedAt: row.requested_at,
    transactionTime: row.transaction_time,
    settled: row.settled,
    folder: row.folder,
    partsTotal: row.parts_total,
    partsCompleted: row.parts_completed,
    resourcesEstimated: Number(row.resources_estimated),
    stageEnds: row.stage_ends,
    hasJoinedMembers: row.has_joined_members,
    ...(row.follows_searches ? { followsSearches: true } : {}),
    ...(row.aliases ? { aliases: row.aliases } : {}),
    ...(row.client === null ? {} : { client: row.client }),
    ...(row.client_generation === null ? {} : { clientGeneration: row.client_generation }),
    ...(row.slots === null ? {} : { slots: row.slots }),
    ...(row.slot === null ? {} : { slot: row.slot }),
    ...(row.completed_at === null ? {} : { completedAt: row.completed_at }),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.failure === null ? {} : { failure: row.failure }),
  };
}
