import {
  checkHistoryKept,
  isJsonBody,
  ParametersReader,
  checkKickOffSize,
  parseKickOff,
  preferenceApplied,
  type KickOff,
  type KickOffOptions,
  type KickOffRequest,
  type Level,
  type ParametersBody,
} from '@sluice/export';
import { noteLocalBases, readHistoryKeptSince } from '@sluice/postgres';
import { traced } from '@sluice/runtime';
import type { Request, RequestHandler, Response } from 'express';
import { checkAgainstStore } from '../check-against-store.ts';
import type { Dependencies } from '../dependencies.ts';
import { exportRights } from '../identity.ts';
import { readableBinaries } from '../may-read-binary.ts';
import { contextOf } from '../middleware/request-context.ts';
import { checkLength, hasBody, readBody } from '../read-body.ts';
import { startExport } from '../start-export.ts';

/** `GET|POST $export` at one level. */
export function kickOff(level: Level, deps: Dependencies): RequestHandler {
  return async (req, res) => {
    // Before it is accepted, since no worker could write its files.
    deps.storage.store();
    const body = await readParameters(level, deps, req, res);
    const request = kickOffRequest(level, req, deps.baseUrl, body);
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

/** The body of a POST; of one that is not JSON nothing is read. */
async function readParameters(
  level: Level,
  { settings }: Dependencies,
  req: Request,
  res: Response,
): Promise<ParametersBody | undefined> {
  if (req.method !== 'POST' || !hasBody(req)) return undefined;
  if (!isJsonBody(req.get('Content-Type'))) return [];
  const maxBytes = settings.MAX_BODY_BYTES;
  const maxPatientBytes = level === 'system' ? 0 : settings.MAX_PATIENT_LIST_BYTES;
  checkLength(req, maxBytes + maxPatientBytes);
  const reader = new ParametersReader({ maxBytes, maxPatientBytes });
  await readBody(req, res, (block) => reader.write(block));
  return reader.end();
}

function kickOffRequest(
  level: Level,
  req: Request,
  baseUrl: string,
  body: ParametersBody | undefined,
): KickOffRequest {
  const sent = req.originalUrl.slice(req.originalUrl.indexOf('/fhir') + '/fhir'.length);
  const at = sent.indexOf('?');
  const groupId = req.params['id'];
  const contentType = req.get('Content-Type');
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
