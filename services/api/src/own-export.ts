import { exportNotFound, isAvailable, type Export } from '@sluice/export';
import { findExport } from '@sluice/postgres';
import type { Request, Response } from 'express';
import type { Dependencies } from './dependencies.ts';
import { contextOf } from './middleware/request-context.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Finds the export that a request names.
 *
 * @throws ExportError `export-not-found`, the same for every export that is not there for this client
 */
export async function findOwnExport(
  { pool, now }: Dependencies,
  req: Request,
  res: Response,
): Promise<Export> {
  const found = await findNamedExport({ pool, now }, req, res);
  if (found.subject !== contextOf(res).subject) throw exportNotFound();
  return found;
}

/** Like findOwnExport, for addresses that show by themselves that their bearer may have them. */
export async function findNamedExport(
  { pool, now }: Pick<Dependencies, 'pool' | 'now'>,
  req: Request,
  res: Response,
): Promise<Export> {
  const id = namedId(req);
  contextOf(res).exportId = id;
  const found = await findExport(pool, id);
  if (!isAvailable(found, now())) throw exportNotFound();
  return found;
}

/** The id of the export that a request names. @throws ExportError `export-not-found` when it is none */
export function namedId(req: Request): string {
  const id = req.params['id'];
  if (typeof id !== 'string' || !uuid.test(id)) throw exportNotFound();
  return id;
}
