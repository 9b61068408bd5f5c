import { ExportError, missingScopes } from '@sluice/export';
import { isId, isResourceType, isVersionId } from '@sluice/fhir';
import { readResource } from '@sluice/postgres';
import type { Request, RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { findBinary } from '../find-binary.ts';
import { readableBinaries } from '../may-read-binary.ts';
import { contextOf } from '../middleware/request-context.ts';
import { isUnlimited, permittedResource } from '../permitted-resource.ts';
import { sendResource } from '../send-resource.ts';

/** Goes on to other routes when an address cannot be that of a resource, whatever the method. */
export const isResourceAddress: RequestHandler = (req, _res, next) => {
  const { type, id } = addressOf(req);
  if (isResourceType(type) && isId(id)) next();
  else next('route');
};

type Needed = Pick<Dependencies, 'pool' | 'baseUrl' | 'otherBases' | 'now'>;

/** `GET {Type}/{id}`: the present version, as it is stored. */
export function read(deps: Needed): RequestHandler {
  return async (req, res) => {
    const { type, id } = addressOf(req);
    const { rights } = contextOf(res).identity;
    const isPermitted = permittedResource(rights, rights.reads, type, deps);
    if (isPermitted === undefined) throw noRight(type);
    if (type === 'Binary') {
      sendResource(req, res, type, await findBinary(deps, rights, { id }));
      return;
    }
    const isAll = isUnlimited(rights, rights.reads, type);
    const found = await readResource(deps.pool, type, id);
    const isShown = async (body: string): Promise<boolean> =>
      isAll || (body !== '' && (await isPermitted(JSON.parse(body) as Record<string, unknown>)));
    if (found === undefined || !(await isShown(found.body))) {
      throw new ExportError('not-found', `There is no ${type} with this id.`);
    }
    if (found.deleted) throw new ExportError('deleted', `The ${type} with this id is deleted.`);
    sendResource(req, res, type, found);
  };
}

/** `GET Binary/{id}/_history/{versionId}`: the version that an attachment names. */
export function readBinaryVersion(deps: Needed): RequestHandler {
  return async (req, res) => {
    const [id, versionId] = [String(req.params['id']), String(req.params['versionId'])];
    const { rights } = contextOf(res).identity;
    if (readableBinaries(rights) === 'none') throw noRight('Binary');
    if (!isId(id) || !isVersionId(versionId)) {
      throw new ExportError('not-found', 'There is no Binary with this id.');
    }
    sendResource(req, res, 'Binary', await findBinary(deps, rights, { id, versionId }));
  };
}

function noRight(type: string): ExportError {
  const text = `The access token is not good for reading this type; ${missingScopes([type], 'r')}.`;
  return new ExportError('forbidden', text);
}

function addressOf({ params }: Request): { type: string; id: string } {
  return { type: String(params['type']), id: String(params['id']) };
}
