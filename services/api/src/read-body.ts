import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { ExportError } from '@sluice/export';
import type { Request, RequestHandler, Response } from 'express';
import { contextOf } from './middleware/request-context.ts';

/**
 * Passes the body of a request on as it comes in, decompressed, and counts it as memory that the request holds.
 *
 * @param write takes the blocks; what it throws ends the reading
 * @throws ExportError `unsupported-media-type` for another encoding, `invalid-parameter` when the body breaks off
 */
export async function readBody(
  req: Request,
  res: Response,
  write: (block: Buffer) => void,
): Promise<void> {
  const source = decoded(req);
  const { body } = contextOf(res);
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: unknown): void => {
      source.removeAllListeners('data');
      if (source !== req) {
        req.unpipe();
        source.destroy();
      }
      // What is still to come is thrown away, so that the client hears the answer.
      req.resume();
      reject(cause instanceof ExportError ? cause : brokenOff(cause));
    };
    req.once('close', () => {
      if (!req.complete) fail(undefined);
    });
    source.once('error', fail);
    source.once('end', resolve);
    source.on('data', (block: Buffer) => {
      try {
        body.add(block.length);
        write(block);
      } catch (error) {
        fail(error);
      }
    });
  });
}

/** Reads a body of up to `limit` bytes into `req.body`, a Buffer; there is none for a request without one. */
export function smallBody(limit: number): RequestHandler {
  return async (req, res, next) => {
    if (hasBody(req)) {
      const blocks: Buffer[] = [];
      let length = 0;
      await readBody(req, res, (block) => {
        length += block.length;
        if (length > limit) throw bodyTooLarge(limit);
        blocks.push(block);
      });
      req.body = Buffer.concat(blocks);
    }
    next();
  };
}

/** Whether a request has a body, be it an empty one. */
export function hasBody({ headers }: Pick<Request, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Refuses a body by the length that it says it has, before any of it is read. */
export function checkLength({ headers }: Pick<Request, 'headers'>, limit: number): void {
  if (Number(headers['content-length'] ?? 0) > limit) throw bodyTooLarge(limit);
}

function bodyTooLarge(limit: number): ExportError {
  return new ExportError('body-too-large', `The body is longer than ${limit} bytes.`);
}

function decoded(req: Request): Readable {
  const encoding = (req.headers['content-encoding'] ?? 'identity').toLowerCase();
  switch (encoding) {
    case 'identity':
      return req;
    case 'gzip':
      return req.pipe(createGunzip());
    case 'deflate':
      return req.pipe(createInflate());
    case 'br':
      return req.pipe(createBrotliDecompress());
    default: {
      const text = 'The encoding of the body is not supported.';
      throw new ExportError('unsupported-media-type', text);
    }
  }
}

function brokenOff(cause: unknown): ExportError {
  return new ExportError('invalid-parameter', 'The body cannot be read.', { cause });
}
