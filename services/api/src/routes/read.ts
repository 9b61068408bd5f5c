import { ExportError, missingScopes } from '@sluice/export';
import { isId, isResourceType } from '@sluice/fhir';
import { readResource } from '@sluice/postgres';
import type { Request, RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { mayReadBinary } from '../may-read-binary.ts';
import { contextOf } from '../middleware/request-context.ts';
import { isUnlimited, permittedResource } from '../permitted-resource.ts';
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
export function read(
  deps: Pick<Dependencies, 'pool' | 'baseUrl' | 'otherBases' | 'now'>,
): RequestHandler {
  return async (req, res) => {
    const { type, id } = addressOf(req);
    const { rights } = contextOf(res).identity;
    const isPermitted = permittedResource(rights, rights.reads, type, deps);
    if (isPermitted === undefined) {
      const text = `The access token is not good for reading this type; ${missingScopes([type], 'r')}.`;
      throw new ExportError('forbidden', text);
    }
    const isAll = isUnlimited(rights, rights.reads, type);
    const found = await readResource(deps.pool, type, id);
    const isShown = async (body: string): Promise<boolean> => {
      if (isAll) return true;
      if (body === '') return false;
      if (type === 'Binary') return await mayReadBinary(deps, rights, body);
      return await isPermitted(JSON.parse(body) as Record<string, unknown>);
    };
    if (found === undefined || !(await isShown(found.body))) {
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
