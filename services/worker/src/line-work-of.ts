import { fileAccess, filterListsOf, type Export } from '@sluice/export';
import { readUrlKey, type PlannedPart } from '@sluice/postgres';
import type { WorkerContext } from './context.ts';
import type { LineWork } from './lines/line-work.ts';

/** What is to be done with each line of a part; `undefined`: it goes out as it is stored. */
export async function lineWorkOf(
  context: WorkerContext,
  of: Export,
  { kind, type, access, attachments }: PlannedPart,
): Promise<LineWork | undefined> {
  if (kind !== 'output') return undefined;
  const { baseUrl, otherBases, elements, binaries } = of.kickOff;
  const filters = filterListsOf(of.kickOff, type);
  const isFiltered = filters.length > 0;
  const kept = elements && [...(elements['*'] ?? []), ...(elements[type] ?? [])];
  const markDeleted = access === 'tombstones';
  const hasUrls = attachments && binaries !== 'none';
  if (!isFiltered && !kept?.length && !markDeleted && !hasUrls) return undefined;
  return {
    type,
    baseUrl,
    ...(otherBases ? { otherBases } : {}),
    now: of.transactionTime,
    ...(isFiltered ? { filters } : {}),
    ...(isFiltered && of.aliases ? { aliases: of.aliases } : {}),
    // Parts of a later stage depend on which ones pass.
    ...(isFiltered && of.stageEnds.length > 1 ? { reportIds: true } : {}),
    ...(kept?.length ? { elements: kept } : {}),
    ...(markDeleted ? { markDeleted } : {}),
    ...(hasUrls ? { attachments: await attachmentUrls(context, of) } : {}),
  };
}

/**
 * URLs of the export. They are signed even where a token is needed as well: the signature says that the Binary belongs to the export,
 * and the API decides who opens it.
 */
async function attachmentUrls(
  { pool, settings }: WorkerContext,
  { id: exportId }: Export,
): Promise<NonNullable<LineWork['attachments']>> {
  if (settings.AUTH_MODE === 'none' && fileAccess(settings) === 'token') return { exportId };
  return { exportId, key: (await readUrlKey(pool)).toString('base64') };
}
