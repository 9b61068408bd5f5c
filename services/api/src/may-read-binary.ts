import { isLimitedToPatients, type Rights } from '@sluice/auth';
import type { KickOff } from '@sluice/export';
import { parseReference } from '@sluice/fhir';
import { readResource } from '@sluice/postgres';
import type { Dependencies } from './dependencies.ts';
import { isOfPatients, isUnlimited, permittedRow } from './permitted-resource.ts';

/** Which Binaries a caller may read: every one, some, or none. */
export function readableBinaries(rights: Rights): NonNullable<KickOff['binaries']> {
  if (isUnlimited(rights, rights.reads, 'Binary')) return 'all';
  const { types } = rights.reads;
  return types === 'all' || types.has('Binary') ? 'some' : 'none';
}

/**
 * Whether a caller may read a Binary: by the scopes for Binaries and, where the caller is limited to patients or Groups, by its securityContext,
 * which is to be treated like the Binary. A securityContext that cannot be looked up permits nothing.
 * https://hl7.org/fhir/R4/binary.html#security
 *
 * @param body the Binary as it is stored
 */
export async function mayReadBinary(
  deps: Pick<Dependencies, 'pool' | 'baseUrl' | 'otherBases' | 'now'>,
  rights: Rights,
  body: string,
): Promise<boolean> {
  const kinds = readableBinaries(rights);
  if (kinds !== 'some') return kinds === 'all';
  const binary = JSON.parse(body) as Record<string, unknown>;
  if (permittedRow(rights.reads, 'Binary', deps)?.(binary) !== true) return false;
  const { securityContext } = binary;
  if (!isLimitedToPatients(rights) || securityContext === undefined) return true;
  const { reference } = (securityContext ?? {}) as { reference?: unknown };
  const bases = [deps.baseUrl, ...deps.otherBases];
  const context = typeof reference === 'string' ? parseReference(reference, bases) : undefined;
  if (context === undefined) return false;
  const found = await readResource(deps.pool, context.type, context.id);
  if (found === undefined || found.deleted) return false;
  const resource = JSON.parse(found.body) as Record<string, unknown>;
  return await isOfPatients(deps, rights, context.type, resource);
}
