import type { Rights } from '@sluice/auth';
import { attachmentUrl, ExportError, fileAccess, type ExportSummary } from '@sluice/export';
import { isId } from '@sluice/fhir';
import { readResourceAt } from '@sluice/postgres';
import type { Request, RequestHandler, Response } from 'express';
import { checkAttachmentSignature } from '../check-attachment-signature.ts';
import type { Dependencies } from '../dependencies.ts';
import { mayReadBinary } from '../may-read-binary.ts';
import { identifyCaller } from '../middleware/authenticate.ts';
import { contextOf } from '../middleware/request-context.ts';
import { checkOwnExport, findNamedExport } from '../own-export.ts';
import { queryOf } from '../query-of.ts';
import { rightsOfOwner } from '../rights-of-owner.ts';
import { sendResource } from '../send-resource.ts';

/**
 * `GET $export-attachment/{id}/{binaryId}`: the Binary that an exported attachment points to, as it was
 * at the export's transactionTime. Who may have the files and read the Binary may have it, and as long. SPEC E-052
 */
export function attachment(deps: Dependencies): RequestHandler {
  return async (req, res) => {
    const binaryId = String(req.params['binaryId']);
    const { found, rights, isWithinRights } = await findAccessible(deps, req, res, binaryId);
    const binary =
      found.state === 'completed' && isId(binaryId)
        ? await readResourceAt(deps.pool, 'Binary', binaryId, found.transactionTime)
        : undefined;
    if (binary === undefined || !(await mayReadBinary(deps, rights, binary.body, isWithinRights))) {
      throw new ExportError('not-found', 'There is no such attachment.');
    }
    sendResource(req, res, 'Binary', binary);
  };
}

/**
 * The export, and the rights by which its attachments are opened: those of the token, which go for all of the export, or what the
 * signature stands for.
 */
async function findAccessible(
  deps: Dependencies,
  req: Request,
  res: Response,
  binaryId: string,
): Promise<{ found: ExportSummary; rights: Rights; isWithinRights: boolean }> {
  const isOpen = deps.settings.AUTH_MODE === 'none';
  const found = await findNamedExport(deps, req, res);
  if (fileAccess(deps.settings) === 'token') {
    await checkOwnExport(deps, found, res);
    // Without tokens FILE_ACCESS=token means plain URLs.
    if (!isOpen) await checkSignature(deps, found, req, binaryId);
    return { found, rights: contextOf(res).identity.rights, isWithinRights: true };
  }
  await checkSignature(deps, found, req, binaryId);
  if (found.kickOff.binaries === 'all') {
    // Its client may be limited to less by now.
    return { found, rights: await rightsOfOwner(deps, found), isWithinRights: false };
  }
  // A signature is good for whoever has it, so where the client may not read every Binary a token is needed as well.
  if (!isOpen) contextOf(res).identity = await identifyCaller(req, deps.identify);
  await checkOwnExport(deps, found, res);
  return { found, rights: contextOf(res).identity.rights, isWithinRights: true };
}

/** The signature says which Binaries belong to an export. */
async function checkSignature(
  deps: Dependencies,
  { id, kickOff }: ExportSummary,
  req: Request,
  binaryId: string,
): Promise<void> {
  const url = attachmentUrl(kickOff.baseUrl, id, binaryId);
  const signature = new URLSearchParams(queryOf(req)).get('signature');
  checkAttachmentSignature(await deps.urlKey(), url, signature);
}
