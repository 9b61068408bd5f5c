import { pipeline } from 'node:stream/promises';
import type { HttpResponse } from '@sluice/export';
import type { Response } from 'express';
import { contextOf } from './middleware/request-context.ts';

/** Sets status and headers exactly as given: Express would add a charset of its own. */
export function beginResponse(
  res: Response,
  { status, headers }: Omit<HttpResponse, 'body'>,
): void {
  res.status(status);
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
}

/** Sends an answer that was decided elsewhere. */
export function sendResponse(res: Response, { body, ...answer }: HttpResponse): void {
  sendBytes(res, {
    ...answer,
    ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
  });
}

/** Sends an answer whose body, if it has one, is bytes already. */
export function sendBytes(
  res: Response,
  { body, ...answer }: Omit<HttpResponse, 'body'> & { readonly body?: Buffer },
): void {
  if (body !== undefined) contextOf(res).answer.add(body.length);
  beginResponse(res, answer);
  res.end(body);
}

/**
 * Streams a body as fast as the client takes it. It ends with the client: when that goes away, the
 * source is closed.
 */
export async function streamBody(
  res: Response,
  source: AsyncIterable<Buffer | string>,
  through?: NodeJS.ReadWriteStream,
): Promise<void> {
  try {
    if (through === undefined) await pipeline(source, res);
    else await pipeline(source, through, res);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
