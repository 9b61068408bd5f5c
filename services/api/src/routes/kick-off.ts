import { parseKickOff, preferenceApplied, type KickOffRequest, type Level } from '@sluice/export';
import type { Request, RequestHandler } from 'express';
import { checkAgainstStore } from '../check-against-store.ts';
import type { Dependencies } from '../dependencies.ts';
import { contextOf } from '../middleware/request-context.ts';
import { readJsonBody } from '../read-json-body.ts';
import { startExport } from '../start-export.ts';

/** `GET|POST $export` at one level. */
export function kickOff(level: Level, deps: Dependencies): RequestHandler {
  return async (req, res) => {
    const request = kickOffRequest(level, req, deps.baseUrl);
    const parsed = parseKickOff(request, {
      headers: deps.settings.KICKOFF_HEADERS,
      now: deps.now(),
      baseUrl: deps.baseUrl,
    });
    const checked = await checkAgainstStore(deps.pool, parsed);
    const context = contextOf(res);
    const { id, slot } = await startExport(deps, checked, context.subject);
    context.exportId = id;
    deps.log.info('export accepted', { exportId: id, level, slot: slot ?? 'waiting' });
    const applied = preferenceApplied(request.headers.prefer);
    if (applied !== undefined) res.setHeader('Preference-Applied', applied);
    res.setHeader('Content-Location', `${deps.baseUrl}/$export-status/${id}`);
    res.status(202).end();
  };
}

function kickOffRequest(level: Level, req: Request, baseUrl: string): KickOffRequest {
  const sent = req.originalUrl.slice(req.originalUrl.indexOf('/fhir') + '/fhir'.length);
  const at = sent.indexOf('?');
  const groupId = req.params['id'];
  const contentType = req.get('Content-Type');
  const body = readJsonBody(req.body, contentType);
  return {
    level,
    ...(typeof groupId === 'string' ? { groupId } : {}),
    method: req.method === 'POST' ? 'POST' : 'GET',
    url: baseUrl + sent,
    headers: {
      accept: req.headers.accept,
      prefer: req.headersDistinct['prefer'] ?? [],
      contentType,
    },
    query: at === -1 ? '' : sent.slice(at + 1),
    ...(body === undefined ? {} : { body }),
  };
}
