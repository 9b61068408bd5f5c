import {
  buildManifest,
  ExportError,
  fileAccess,
  statusResponse,
  type Dialect,
  type ExportSummary,
  type Manifest,
  type OutputFile,
  type StatusFacts,
} from '@sluice/export';
import { listOutputFiles } from '@sluice/postgres';
import type { PollVerdict } from '@sluice/queue';
import { errorFacts } from '@sluice/runtime';
import type { RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { dialectOf } from '../dialect-of.ts';
import { anonymous } from '../identity.ts';
import { contextOf } from '../middleware/request-context.ts';
import { outputFileUrls } from '../output-file-urls.ts';
import { findOwnExport, namedId } from '../own-export.ts';
import { sendResponse } from '../send-response.ts';

/** `GET $export-status/{id}` */
export function status(deps: Dependencies): RequestHandler {
  return async (req, res) => {
    const id = namedId(req);
    // Without a token there is no client to tell from others, but by where it comes from (SPEC B-024).
    const { subject } = contextOf(res);
    const client = subject === anonymous ? `${anonymous}@${req.ip ?? ''}` : subject;
    // First: what is polled too often costs no row.
    const poll = await countPoll(deps, `${client}:${id}`, id);
    checkPolling(poll);
    const found = await findOwnExport(deps, req, res);
    sendResponse(res, statusResponse(found, await statusFacts(deps, found, poll)));
  };
}

/** Redis is a help here, not a need: without it polls are not limited and progress is coarser. */
async function countPoll(
  { queue, log }: Dependencies,
  key: string,
  exportId: string,
): Promise<PollVerdict> {
  return await queue.countPoll(key, exportId).catch((error: unknown) => {
    log.warn('poll not counted', errorFacts(error));
    return { allowed: true, retryAfterSeconds: 0, progress: undefined };
  });
}

function checkPolling(poll: PollVerdict): void {
  if (poll.allowed) return;
  const text = 'This export is polled too often; wait as long as Retry-After says.';
  throw new ExportError('polling-too-fast', text, { retryAfterSeconds: poll.retryAfterSeconds });
}

async function statusFacts(
  deps: Dependencies,
  found: ExportSummary,
  { progress }: PollVerdict,
): Promise<StatusFacts> {
  const dialect = dialectOf(deps.settings);
  const facts = { now: deps.now(), dialect };
  if (found.state === 'completed') {
    return { ...facts, manifest: await manifestOf(deps, found, dialect) };
  }
  return found.state === 'running' ? { ...facts, progress } : facts;
}

async function manifestOf(
  deps: Dependencies,
  found: ExportSummary,
  { manifestStatus: withStatus }: Dialect,
): Promise<Manifest> {
  const { settings } = deps;
  const files = await listOutputFiles(deps.pool, found.id);
  const urls = await outputFileUrls(deps, found, files);
  // With AUTH_MODE=none there is no token that anyone could require.
  const requiresAccessToken = fileAccess(settings) === 'token' && settings.AUTH_MODE !== 'none';
  const fileUrl = ({ name }: OutputFile): string => urls.get(name) ?? '';
  return buildManifest(found, files, { fileUrl, requiresAccessToken, withStatus });
}
