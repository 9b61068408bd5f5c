import type { StoredVersion } from '@sluice/postgres';
import type { Request, Response } from 'express';
import { queryOf } from './query-of.ts';
import { resourceResponse } from './resource-response.ts';
import { sendBytes } from './send-response.ts';

/** Answers with a version of a resource; of a Binary, by Accept, with its content. */
export function sendResource(
  req: Request,
  res: Response,
  type: string,
  found: StoredVersion,
): void {
  const request = { headers: req.headers, query: queryOf(req) };
  sendBytes(res, resourceResponse(request, { type, ...found }));
}
