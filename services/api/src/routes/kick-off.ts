import {
  checkHistoryKept,
  checkKickOffSize,
  parseKickOff,
  preferenceApplied,
  type KickOff,
  type KickOffOptions,
  type KickOffRequest,
  type Level,
} from '@sluice/export';
import { noteLocalBases, readHistoryKeptSince } from '@sluice/postgres';
import { traced } from '@sluice/runtime';
import type { Request, RequestHandler } from 'express';
import { checkAgainstStore } from '../check-against-store.ts';
import type { Dependencies } from '../dependencies.ts';
import { exportRights } from '../identity.ts';
import { readableBinaries } from '../may-read-binary.ts';
import { contextOf } from '../middleware/request-context.ts';
import { readJsonBody } from '../read-json-body.ts';
import { startExport } from '../start-export.ts';

/** `GET|POST $export` at one level. */
export function kickOff(level: Level, deps: Dependencies): RequestHandler {
  return async (req, res) => {
    // Before it is accepted, since no worker could write its files.
    deps.storage.store();
    const request = kickOffRequest(level, req, deps.baseUrl);
    const context = contextOf(res);
    const rights = exportRights(context.identity.rights);
    const known = await noteLocalBases(deps.pool, [deps.baseUrl, ...deps.otherBases]);
    const otherBases = known.filter((base) => base !== deps.baseUrl);
    const parsed = parseKickOff(request, { ...kickOffOptions(deps), otherBases, rights });
    await checkUntil(parsed, deps);
    const checked = {
      ...(await checkAgainstStore(deps, parsed, context.identity.rights)),
      binaries: readableBinaries(context.identity.rights),
    };
    checkKickOffSize(checked);
    const start = () => startExport(deps, checked, context);
    const { id, slot } = await traced('kick-off', { level }, start, req.headers);
    context.exportId = id;
    deps.log.info('export accepted', { exportId: id, level, slot: slot ?? 'waiting' });
    const applied = preferenceApplied(request.headers.prefer);
    if (applied !== undefined) res.setHeader('Preference-Applied', applied);
    res.setHeader('Content-Location', `${deps.baseUrl}/$export-status/${id}`);
    res.status(202).end();
  };
}

function kickOffOptions({ settings, baseUrl, now }: Dependencies): KickOffOptions {
  return {
    headers: settings.KICKOFF_HEADERS,
    now: now(),
    baseUrl,
    supportingResources: settings.SUPPORTING_RESOURCES,
    patientParamGet: settings.PATIENT_PARAM_GET,
    tillSystemOnly: settings.TILL_SYSTEM_ONLY,
  };
}

/** What history there is matters only to `_until`, so it is looked up only for that. */
async function checkUntil(kickOff: KickOff, { pool, settings, now }: Dependencies): Promise<void> {
  if (kickOff.until === undefined) return;
  const retention = settings.HISTORY_RETENTION;
  // Not only what has been purged: a client must not depend on when that happens to run.
  const promised =
    retention === 'forever' ? undefined : new Date(Math.max(0, now() - retention)).toISOString();
  checkHistoryKept(kickOff, [promised, await readHistoryKeptSince(pool)]);
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
