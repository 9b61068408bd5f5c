import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { RequestHandler } from 'express';
import { prefersGzip } from '../accept-encoding.ts';
import { checkJsonWanted } from '../check-json-wanted.ts';
import { isUnchanged } from '../conditional.ts';
import { queryOf } from '../query-of.ts';
import { sendBytes } from '../send-response.ts';

/**
 * Answers `GET metadata` and the like with a resource that never changes while the process runs: to
 * everyone, of any origin, compressed when the client offers gzip, and 304 when it has it. SPEC G-018
 */
export function conformance(body: object): RequestHandler {
  const plain = Buffer.from(JSON.stringify(body));
  const zipped = gzipSync(plain);
  const digest = createHash('sha256').update(plain).digest('hex');
  const startedAt = new Date();
  return (req, res) => {
    checkJsonWanted(req.headers.accept, queryOf(req));
    const gzip = prefersGzip(req.get('Accept-Encoding'));
    const etag = gzip ? `"${digest}-gzip"` : `"${digest}"`;
    const headers = {
      ETag: etag,
      Vary: 'Accept-Encoding',
      'Access-Control-Allow-Origin': '*',
      'Cache-Control': 'no-cache',
    };
    if (isUnchanged(req.headers, etag, startedAt)) {
      sendBytes(res, { status: 304, headers });
      return;
    }
    const content = {
      ...headers,
      'Content-Type': 'application/fhir+json',
      ...(gzip ? { 'Content-Encoding': 'gzip' } : {}),
    };
    sendBytes(res, { status: 200, headers: content, body: gzip ? zipped : plain });
  };
}
