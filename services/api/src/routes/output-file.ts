import { createGzip } from 'node:zlib';
import { ExportError, fileAccess, type ExportSummary, type OutputFile } from '@sluice/export';
import { extendExpiry, findOutputFile } from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
import { StorageError, type ByteRange } from '@sluice/storage';
import type { Request, RequestHandler, Response } from 'express';
import type { Readable } from 'node:stream';
import type { Dependencies } from '../dependencies.ts';
import { fileResponse } from '../file-response.ts';
import { checkFileSignature } from '../file-url.ts';
import { callerOf, contextOf } from '../middleware/request-context.ts';
import { checkFileRights, checkOwner, findNamedExport } from '../own-export.ts';
import { queryOf } from '../query-of.ts';
import { beginResponse, sendResponse, streamBody } from '../send-response.ts';

/** `GET $export-file/{id}/{name}` */
export function outputFile(deps: Dependencies): RequestHandler {
  return async (req, res) => {
    const found = await findNamedExport(deps, req, res);
    await checkAccess(deps, found, req, res);
    const file = await findFile(deps, found, String(req.params['name']));
    if (fileAccess(deps.settings) === 'token') await checkFileRights(deps, found, file, res);
    const modifiedAt = new Date(found.completedAt ?? found.requestedAt);
    const isHead = req.method === 'HEAD';
    const { range, ...others } = req.headers;
    const headers = isHead ? others : { ...others, range };
    const answer = fileResponse(headers, { ...file, modifiedAt });
    if (answer.status === 304 || isHead) {
      sendResponse(res, answer);
      return;
    }
    const passOn = deps.downloads.admit(res);
    const source = await openFile(deps, `${found.folder}/${file.name}`, answer.range);
    await touch(deps, found.id);
    await recordDownload(deps, found, file, answer.range, res).catch((error: unknown) => {
      source.destroy();
      throw error;
    });
    beginResponse(res, answer);
    await streamBody(res, passOn(source), answer.gzip ? createGzip({ level: 1 }) : undefined);
  };
}

async function checkAccess(
  deps: Dependencies,
  found: ExportSummary,
  req: Request,
  res: Response,
): Promise<void> {
  if (fileAccess(deps.settings) === 'token') {
    checkOwner(deps, found, res);
    return;
  }
  const query = new URLSearchParams(queryOf(req));
  const address = { exportId: found.id, name: String(req.params['name']) };
  const given = { expires: query.get('expires'), signature: query.get('signature') };
  checkFileSignature(await deps.urlKey(), address, given, deps.now());
}

/** What a name of ours can look like; anything else never reaches the database. */
const fileName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

async function findFile(
  { pool }: Dependencies,
  found: ExportSummary,
  name: string,
): Promise<OutputFile> {
  const file =
    found.state === 'completed' &&
    fileName.test(name) &&
    (await findOutputFile(pool, found.id, name));
  if (!file) throw fileNotFound();
  return file;
}

async function openFile(
  { storage }: Dependencies,
  key: string,
  range: ByteRange | undefined,
): Promise<Readable> {
  try {
    return await storage.store().read(key, range);
  } catch (cause) {
    if (cause instanceof StorageError && cause.code === 'not-found') throw fileNotFound(cause);
    throw cause;
  }
}

/** Before it begins, so that nothing is fetched that nobody knows of. Whoever comes by a signed URL has no name. */
async function recordDownload(
  { audit }: Dependencies,
  { id: exportId }: ExportSummary,
  { name: file, type, count, bytes }: OutputFile,
  range: ByteRange | undefined,
  res: Response,
): Promise<void> {
  const detail = { file, type, count, bytes, ...(range === undefined ? {} : { range }) };
  const caller = callerOf(contextOf(res));
  await audit.record({ ...caller, action: 'download', succeeded: true, exportId, detail });
}

/** A download keeps the export alive; when that fails, the download goes on. */
async function touch({ pool, settings, log }: Dependencies, exportId: string): Promise<void> {
  try {
    await extendExpiry(pool, exportId, settings.RETENTION);
  } catch (error) {
    log.warn('expiry not extended', { exportId, ...errorFacts(error) });
  }
}

function fileNotFound(cause?: unknown): ExportError {
  return new ExportError('not-found', 'There is no such file.', { cause });
}
