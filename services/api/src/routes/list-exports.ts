import { ExportError, type ExportSummary } from '@sluice/export';
import { listExports, listExportsOf } from '@sluice/postgres';
import type { RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { notFound } from '../middleware/error-handler.ts';
import { contextOf } from '../middleware/request-context.ts';
import { sendResponse } from '../send-response.ts';

/**
 * `GET $export-status`: the newest exports of who is asking, or of all with the scope system/bulk-admin. Only where there are tokens:
 * otherwise the random id in its URL is what keeps an export apart.
 */
export function listExportsRoute(deps: Dependencies): RequestHandler {
  const { pool, baseUrl, settings } = deps;
  if (deps.identify === undefined) return notFound;
  return async (_req, res) => {
    const { subject, client, clientGeneration, rights } = contextOf(res).identity;
    const isAdmin = rights.operations.has('system/bulk-admin');
    if (!isAdmin && rights.exports.types !== 'all' && rights.exports.types.size === 0) {
      const text =
        'The access token is not good for exports; missing scope: such as system/Patient.rs or system/*.rs.';
      throw new ExportError('forbidden', text);
    }
    const own = (): Promise<ExportSummary[]> =>
      settings.OWNER_ISOLATION === 'client' && client !== undefined
        ? listExportsOf(pool, 'client', client, clientGeneration)
        : listExportsOf(pool, 'subject', subject, clientGeneration);
    const found = isAdmin ? await listExports(pool) : await own();
    const exports = found.map((one) => described(one, baseUrl, isAdmin));
    const headers = { 'Content-Type': 'application/json' };
    sendResponse(res, { status: 200, headers, body: { exports } });
  };
}

function described(found: ExportSummary, baseUrl: string, isAdmin: boolean): object {
  const { id, state, requestedAt, transactionTime, completedAt, expiresAt, kickOff } = found;
  return {
    url: `${baseUrl}/$export-status/${id}`,
    state,
    level: kickOff.level,
    request: kickOff.request,
    requestedAt,
    transactionTime,
    ...(completedAt === undefined ? {} : { completedAt }),
    ...(expiresAt === undefined ? {} : { expiresAt }),
    ...(isAdmin ? { subject: found.subject, client: found.client } : {}),
  };
}
