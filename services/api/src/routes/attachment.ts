import { attachmentUrl, ExportError, fileAccess, type ExportSummary } from '@sluice/export';
import { isId } from '@sluice/fhir';
import { readResourceAt } from '@sluice/postgres';
import type { Request, RequestHandler, Response } from 'express';
import { checkAttachmentSignature } from '../check-attachment-signature.ts';
import type { Dependencies } from '../dependencies.ts';
import { findNamedExport, findOwnExport } from '../own-export.ts';
import { queryOf } from '../query-of.ts';
import { resourceResponse } from '../resource-response.ts';
import { sendBytes } from '../send-response.ts';

/**
 * `GET $export-attachment/{id}/{binaryId}`: the Binary that an exported attachment points to, as it was
 * at the export's transactionTime. Who may have the files may have it, and as long. SPEC E-052
 */
export function attachment(deps: Dependencies): RequestHandler {
  return async (req, res) => {
    const binaryId = String(req.params['binaryId']);
    const found = await findAccessible(deps, req, res, binaryId);
    const binary =
      found.state === 'completed' && isId(binaryId)
        ? await readResourceAt(deps.pool, 'Binary', binaryId, found.transactionTime)
        : undefined;
    if (binary === undefined) throw new ExportError('not-found', 'There is no such attachment.');
    const request = { headers: req.headers, query: queryOf(req) };
    sendBytes(res, resourceResponse(request, { type: 'Binary', ...binary }));
  };
}

async function findAccessible(
  deps: Dependencies,
  req: Request,
  res: Response,
  binaryId: string,
): Promise<ExportSummary> {
  const byToken = fileAccess(deps.settings) === 'token';
  const found = await (byToken ? findOwnExport : findNamedExport)(deps, req, res);
  // The signature says which Binaries belong to the export; without tokens FILE_ACCESS=token means plain URLs.
  if (byToken && deps.settings.AUTH_MODE === 'none') return found;
  const url = attachmentUrl(found.kickOff.baseUrl, found.id, binaryId);
  const signature = new URLSearchParams(queryOf(req)).get('signature');
  checkAttachmentSignature(await deps.urlKey(), url, signature);
  return found;
}
