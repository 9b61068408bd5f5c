import { createGzip } from 'node:zlib';
import { ExportError, type Export, type OutputFile } from '@sluice/export';
import { extendExpiry, findOutputFile } from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
import { StorageError, type ByteRange } from '@sluice/storage';
import type { Request, RequestHandler } from 'express';
import type { Readable } from 'node:stream';
import type { Dependencies } from '../dependencies.ts';
import { fileResponse } from '../file-response.ts';
import { checkFileSignature } from '../file-url.ts';
import { findNamedExport } from '../own-export.ts';
import { queryOf } from '../query-of.ts';
import { beginResponse, sendResponse, streamBody } from '../send-response.ts';

/** `GET $export-file/{id}/{name}` */
export function outputFile(deps: Dependencies): RequestHandler {
  return async (req, res) => {
    const found = await findNamedExport(deps, req, res);
    await checkAccess(deps, found, req);
    const file = await findFile(deps, found, String(req.params['name']));
    const modifiedAt = new Date(found.completedAt ?? found.requestedAt);
    const isHead = req.method === 'HEAD';
    const { range, ...others } = req.headers;
    const headers = isHead ? others : { ...others, range };
    const answer = fileResponse(headers, { ...file, modifiedAt });
    if (answer.status === 304 || isHead) {
      sendResponse(res, answer);
      return;
    }
    const source = await openFile(deps, `${found.folder}/${file.name}`, answer.range);
    await touch(deps, found.id);
    beginResponse(res, answer);
    await streamBody(res, source, answer.gzip ? createGzip({ level: 1 }) : undefined);
  };
}

async function checkAccess(deps: Dependencies, found: Export, req: Request): Promise<void> {
  if (deps.settings.FILE_ACCESS === 'token') return;
  const query = new URLSearchParams(queryOf(req));
  const address = { exportId: found.id, name: String(req.params['name']) };
  const given = { expires: query.get('expires'), signature: query.get('signature') };
  checkFileSignature(await deps.urlKey(), address, given, deps.now());
}

/** What a name of ours can look like; anything else never reaches the database. */
const fileName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

async function findFile({ pool }: Dependencies, found: Export, name: string): Promise<OutputFile> {
  const file =
    found.state === 'completed' &&
    fileName.test(name) &&
    (await findOutputFile(pool, found.id, name));
  if (!file) throw fileNotFound();
  return file;
}

async function openFile(
  { store }: Dependencies,
  key: string,
  range: ByteRange | undefined,
): Promise<Readable> {
  try {
    return await store.read(key, range);
  } catch (cause) {
    if (cause instanceof StorageError && cause.code === 'not-found') throw fileNotFound(cause);
    throw cause;
  }
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
