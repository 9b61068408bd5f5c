import type { HttpResponse } from '@sluice/export';
import type { Response } from 'express';

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
  beginResponse(res, answer);
  if (body === undefined) res.end();
  else res.send(Buffer.from(JSON.stringify(body)));
}
