import { ExportError } from '@sluice/export';
import { isId, isResourceType } from '@sluice/fhir';
import { readResource } from '@sluice/postgres';
import type { Request, RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { queryOf } from '../query-of.ts';
import { resourceResponse } from '../resource-response.ts';
import { sendBytes } from '../send-response.ts';

/** Goes on to other routes when an address cannot be that of a resource, whatever the method. */
export const isResourceAddress: RequestHandler = (req, _res, next) => {
  const { type, id } = addressOf(req);
  if (isResourceType(type) && isId(id)) next();
  else next('route');
};

/** `GET {Type}/{id}`: the present version, as it is stored. */
export function read({ pool }: Pick<Dependencies, 'pool'>): RequestHandler {
  return async (req, res) => {
    const { type, id } = addressOf(req);
    const found = await readResource(pool, type, id);
    if (found === undefined) {
      throw new ExportError('not-found', `There is no ${type} with this id.`);
    }
    if (found.deleted) throw new ExportError('deleted', `The ${type} with this id is deleted.`);
    const request = { headers: req.headers, query: queryOf(req) };
    sendBytes(res, resourceResponse(request, { type, ...found }));
  };
}

function addressOf({ params }: Request): { type: string; id: string } {
  return { type: String(params['type']), id: String(params['id']) };
}
