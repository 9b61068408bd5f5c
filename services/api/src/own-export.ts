import {
  ExportError,
  exportNotFound,
  isAvailable,
  isWithinLimits,
  mayHaveExport,
  mayHaveType,
  missingScopes,
  type ExportRights,
  type ExportSummary,
  type OutputFile,
} from '@sluice/export';
import { findExport, namesOnlyPatients } from '@sluice/postgres';
import type { Request, Response } from 'express';
import type { Dependencies } from './dependencies.ts';
import { exportRights } from './identity.ts';
import { contextOf } from './middleware/request-context.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Finds the export that a request names, if it is of who is asking and their rights go for all of it.
 *
 * @throws ExportError `export-not-found`, the same for every export that is not there for this client; `forbidden` when the token
 *   is good for less than the export
 */
export async function findOwnExport(
  deps: Pick<Dependencies, 'pool' | 'now' | 'settings'>,
  req: Request,
  res: Response,
): Promise<ExportSummary> {
  const found = await findNamedExport(deps, req, res);
  await checkOwnExport(deps, found, res);
  return found;
}

/** Like findOwnExport, for an export that is found already. */
export async function checkOwnExport(
  deps: Pick<Dependencies, 'pool' | 'settings'>,
  found: ExportSummary,
  res: Response,
): Promise<void> {
  checkOwner(deps, found, res);
  if (await mayHaveAll(deps, found, res)) return;
  const text = 'The access token is good for less than this export holds';
  throw new ExportError('forbidden', `${text}; ${whatIsMissing(found, res)}.`);
}

/** @throws ExportError `export-not-found` when an export is not of who is asking */
export function checkOwner(
  { settings }: Pick<Dependencies, 'settings'>,
  found: ExportSummary,
  res: Response,
): void {
  const context = contextOf(res);
  const { subject, client, clientGeneration } = context.identity;
  const isSameName =
    settings.OWNER_ISOLATION === 'client' && found.client !== undefined
      ? found.client === client
      : found.subject === subject;
  if (isSameName && found.clientGeneration === clientGeneration) return;
  context.refused = 'The export is of somebody else.';
  throw exportNotFound();
}

/** @throws ExportError `forbidden` when the token is not good for a file. SPEC E-007, G-077 */
export async function checkFileRights(
  deps: Pick<Dependencies, 'pool'>,
  found: ExportSummary,
  { kind, type }: OutputFile,
  res: Response,
): Promise<void> {
  const rights = exportRights(contextOf(res).identity.rights);
  const isGood =
    kind === 'output'
      ? mayHaveType(found.kickOff, type, rights)
      : kind === 'error' || mayHaveExport(found.kickOff, rights);
  if (isGood && (await isOfTheirs(deps, found, rights))) return;
  const text = 'The access token is not good for this file';
  throw new ExportError(
    'forbidden',
    `${text}; ${whatIsMissing(found, res, kind === 'output' ? type : undefined)}.`,
  );
}

/** Scopes, unless it is by the Groups or patients that the token is limited to. */
function whatIsMissing({ kickOff }: ExportSummary, res: Response, type?: string): string {
  const { groups, patients, membersOf, ...rights } = exportRights(contextOf(res).identity.rights);
  const wanted = type === undefined ? (kickOff.types ?? []) : [type];
  const missing = wanted.filter((each) => !mayHaveType(kickOff, each, rights));
  if (missing.length > 0) return missingScopes(missing);
  const isByLimits =
    !isWithinLimits(kickOff, { groups, patients, membersOf }) || mayHaveExport(kickOff, rights);
  return isByLimits
    ? 'it is limited to other Groups or patients'
    : 'missing scopes: those that the export was started with, such as system/*.rs';
}

async function mayHaveAll(
  deps: Pick<Dependencies, 'pool'>,
  found: ExportSummary,
  res: Response,
): Promise<boolean> {
  const rights = exportRights(contextOf(res).identity.rights);
  return mayHaveExport(found.kickOff, rights) && (await isOfTheirs(deps, found, rights));
}

/** Whether an export is of no patients but those that the rights are limited to. */
async function isOfTheirs(
  { pool }: Pick<Dependencies, 'pool'>,
  { id, kickOff }: ExportSummary,
  rights: ExportRights,
): Promise<boolean> {
  if (!isWithinLimits(kickOff, rights)) return false;
  return rights.patients === undefined || (await namesOnlyPatients(pool, id, rights.patients));
}

/** Like findOwnExport, for addresses that show by themselves that their bearer may have them. */
export async function findNamedExport(
  { pool, now }: Pick<Dependencies, 'pool' | 'now'>,
  req: Request,
  res: Response,
): Promise<ExportSummary> {
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
