import { isLimitedToPatients, type Rights } from '@sluice/auth';
import type { KickOff } from '@sluice/export';
import { compileAttachments, parseReference } from '@sluice/fhir';
import { findBinaryReferrers, readResource } from '@sluice/postgres';
import type { Dependencies } from './dependencies.ts';
import { isOfPatients, isUnlimited, permittedRow } from './permitted-resource.ts';

type Needed = Pick<Dependencies, 'pool' | 'baseUrl' | 'otherBases' | 'now'>;

/** Which Binaries a caller may read: every one, some, or none. */
export function readableBinaries(rights: Rights): NonNullable<KickOff['binaries']> {
  if (isUnlimited(rights, rights.reads, 'Binary')) return 'all';
  const { types } = rights.reads;
  return types === 'all' || types.has('Binary') ? 'some' : 'none';
}

/**
 * Whether a caller may read a Binary: by the scopes for Binaries and, where the caller is limited to patients or Groups, by its
 * securityContext, which is to be treated like the Binary. A securityContext that cannot be looked up permits nothing. A Binary without
 * one is part of the documents that point to it: one of a permitted patient has to be among them.
 * https://hl7.org/fhir/R4/binary.html#security
 *
 * @param body the Binary as it is stored
 * @param isExported whether it is known to be an attachment in an export of permitted patients' data alone
 */
export async function mayReadBinary(
  deps: Needed,
  rights: Rights,
  body: string,
  isExported = false,
): Promise<boolean> {
  const kinds = readableBinaries(rights);
  if (kinds !== 'some') return kinds === 'all';
  const binary = JSON.parse(body) as Record<string, unknown>;
  if (permittedRow(rights.reads, 'Binary', deps)?.(binary) !== true) return false;
  if (!isLimitedToPatients(rights)) return true;
  const { id, securityContext } = binary;
  if (securityContext === undefined) {
    return isExported || (await isAttached(deps, rights, String(id)));
  }
  const { reference } = (securityContext ?? {}) as { reference?: unknown };
  const bases = [deps.baseUrl, ...deps.otherBases];
  const context = typeof reference === 'string' ? parseReference(reference, bases) : undefined;
  if (context === undefined) return false;
  const found = await readResource(deps.pool, context.type, context.id);
  if (found === undefined || found.deleted) return false;
  const resource = JSON.parse(found.body) as Record<string, unknown>;
  return await isOfPatients(deps, rights, context.type, resource);
}

/** Whether a resource that the caller's limits permit has an attachment that points to a Binary. */
async function isAttached(deps: Needed, rights: Rights, binaryId: string): Promise<boolean> {
  for (const { type, body } of await findBinaryReferrers(deps.pool, binaryId)) {
    if (!binariesIn(deps, type, body).has(binaryId)) continue;
    const resource = JSON.parse(body) as Record<string, unknown>;
    if (await isOfPatients(deps, rights, type, resource)) return true;
  }
  return false;
}

/** Ids of the Binaries of this server that attachments in the text of a resource point to. */
function binariesIn({ baseUrl, otherBases }: Needed, type: string, body: string): Set<string> {
  const found = new Set<string>();
  const urlOf = (id: string): string => {
    found.add(id);
    return '';
  };
  compileAttachments(type, { urlOf, baseUrl, otherBases })(Buffer.from(body));
  return found;
}
