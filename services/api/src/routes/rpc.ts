import { ExportError } from '@sluice/export';
import type { RequestHandler, Response } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { contextOf } from '../middleware/request-context.ts';
import { jsonFormat, rpcFormat, rpcMediaTypes, type RpcFormat } from '../rpc-format.ts';
import { sendBytes } from '../send-response.ts';

const healthcheck = 'aidbox.bulk/storage-healthcheck';

/**
 * `POST /rpc`: calls a method by its name, in YAML or JSON, and is answered in the same. 200 has
 * `result`; everything else `error.message`: 422 when the method fails or is none of ours. Where there are
 * tokens it is for administrators alone, with AUTH_MODE=none for every caller. SPEC I-053 to I-064
 */
export function rpc({ storage }: Dependencies): RequestHandler {
  return async (req, res) => {
    checkIsAdmin(res);
    const format = rpcFormat(req.get('Content-Type'));
    if (format === undefined) {
      const accepted = `a body of the types ${rpcMediaTypes.join(', ')}`;
      answer(res, jsonFormat, 415, failure(`unsupported media type; accepted: ${accepted}`));
      return;
    }
    const { body } = req as { body?: unknown };
    const method = Buffer.isBuffer(body) ? format.read(body) : undefined;
    switch (method) {
      case healthcheck: {
        const report = await storage.health.check();
        answer(res, format, 'error' in report ? 422 : 200, report);
        return;
      }
      case undefined:
        answer(
          res,
          format,
          400,
          failure(`no method; accepted: a body with method: ${healthcheck}`),
        );
        return;
      default:
        answer(res, format, 422, failure(`unknown method; accepted: ${healthcheck}`));
    }
  };
}

function checkIsAdmin(res: Response): void {
  if (contextOf(res).identity.rights.operations.has('system/bulk-admin')) return;
  const text =
    'The access token is not good for /rpc; accepted: one with the scope system/bulk-admin.';
  throw new ExportError('forbidden', text);
}

function failure(message: string): object {
  return { error: { message } };
}

function answer(res: Response, format: RpcFormat, status: number, body: object): void {
  const headers = { 'Content-Type': format.mediaType };
  sendBytes(res, { status, headers, body: Buffer.from(format.write(body)) });
}
