import { ExportError, missingScopes, parsePrefer } from '@sluice/export';
import type { Request, RequestHandler } from 'express';
import { checkJsonWanted } from '../check-json-wanted.ts';
import type { Dependencies } from '../dependencies.ts';
import { parseGroupQuery } from '../group-query.ts';
import { contextOf } from '../middleware/request-context.ts';
import { permittedRow } from '../permitted-resource.ts';
import { queryOf } from '../query-of.ts';
import { searchset } from '../searchset.ts';
import { beginResponse, streamBody } from '../send-response.ts';

/** `GET Group?…` and `POST Group/_search`, whose form may stand beside a query. SPEC A-016 */
export function searchGroups(deps: Dependencies): RequestHandler {
  return async (req, res) => {
    const sent = [queryOf(req), formOf(req)].filter(Boolean).join('&');
    checkJsonWanted(req.headers.accept, sent);
    const { handling } = parsePrefer(req.headersDistinct['prefer'] ?? []);
    const { rights } = contextOf(res).identity;
    const isPermitted = permittedRow(rights.exports, 'Group', deps);
    if (isPermitted === undefined) {
      const text = `The access token is not good for a search of Groups; ${missingScopes(['Group'])}.`;
      throw new ExportError('forbidden', text);
    }
    const pieces = searchset(deps, parseGroupQuery(sent, handling === 'lenient'), isPermitted);
    // While nothing has been sent, a fault can still be answered as one.
    const first = await pieces.next();
    const applied = handling === undefined ? {} : { 'Preference-Applied': `handling=${handling}` };
    beginResponse(res, {
      status: 200,
      headers: { 'Content-Type': 'application/fhir+json', ...applied },
    });
    await streamBody(res, resumed(first, pieces));
  };
}

async function* resumed(
  first: IteratorResult<string>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (!first.done) yield first.value;
  yield* rest;
}

function formOf(req: Request): string {
  const { body } = req as { body?: unknown };
  if (!Buffer.isBuffer(body) || body.length === 0) return '';
  if (/^application\/x-www-form-urlencoded *(;|$)/i.test(req.get('Content-Type') ?? '')) {
    return body.toString();
  }
  const text = 'A search is sent as a form; accepted: application/x-www-form-urlencoded.';
  throw new ExportError('unsupported-media-type', text);
}
