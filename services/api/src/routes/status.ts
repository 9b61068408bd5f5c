import {
  buildManifest,
  ExportError,
  statusResponse,
  type Export,
  type Manifest,
  type OutputFile,
  type StatusFacts,
} from '@sluice/export';
import { listOutputFiles } from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
import type { RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { fileUrl, signedFileUrl } from '../file-url.ts';
import { anonymous, contextOf } from '../middleware/request-context.ts';
import { findOwnExport } from '../own-export.ts';
import { sendResponse } from '../send-response.ts';

/** `GET $export-status/{id}` */
export function status(deps: Dependencies): RequestHandler {
  return async (req, res) => {
    const found = await findOwnExport(deps, req, res);
    // Without a token there is no client to tell from others, but by where it comes from (SPEC B-024).
    const { subject } = contextOf(res);
    const client = subject === anonymous ? `${anonymous}@${req.ip ?? ''}` : subject;
    await checkPolling(deps, `${client}:${found.id}`);
    sendResponse(res, statusResponse(found, await statusFacts(deps, found)));
  };
}

/** Redis is a help here, not a need: without it polls are not limited and progress is coarser. */
async function checkPolling({ queue, log }: Dependencies, key: string): Promise<void> {
  const poll = await queue.countPoll(key).catch((error: unknown) => {
    log.warn('poll not counted', errorFacts(error));
    return { allowed: true, retryAfterSeconds: 0 };
  });
  if (poll.allowed) return;
  const text = 'This export is polled too often; wait as long as Retry-After says.';
  throw new ExportError('polling-too-fast', text, { retryAfterSeconds: poll.retryAfterSeconds });
}

async function statusFacts(deps: Dependencies, found: Export): Promise<StatusFacts> {
  const now = deps.now();
  if (found.state === 'completed') return { now, manifest: await manifestOf(deps, found) };
  if (found.state !== 'running') return { now };
  return { now, progress: await deps.queue.readProgress(found.id).catch(() => undefined) };
}

async function manifestOf(deps: Dependencies, found: Export): Promise<Manifest> {
  const { settings, baseUrl } = deps;
  const files = await listOutputFiles(deps.pool, found.id);
  const expires = Math.floor((deps.now() + settings.SIGNED_URL_TTL) / 1000);
  const key = settings.FILE_ACCESS === 'token' ? undefined : await deps.urlKey();
  const urlOf = ({ name }: OutputFile): string => {
    const address = { exportId: found.id, name };
    return key === undefined
      ? fileUrl(baseUrl, address)
      : signedFileUrl(baseUrl, key, address, expires);
  };
  // With AUTH_MODE=none there is no token that anyone could require.
  return buildManifest(found, files, { fileUrl: urlOf, requiresAccessToken: false });
}
