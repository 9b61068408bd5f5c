import { everything, nothing, parseScopes, rightsOf, type Rights } from '@sluice/auth';
import type { ExportSummary } from '@sluice/export';
import { findClient } from '@sluice/postgres';
import type { Dependencies } from './dependencies.ts';

/**
 * What the client that an export belongs to may do now, for URLs that stand for it without a token: as much as it is registered for
 * (AUTH_MODE=smart), nothing once it is removed or disabled. Elsewhere nobody here knows, and what held at the kick-off holds.
 */
export async function rightsOfOwner(
  { pool, settings }: Pick<Dependencies, 'pool' | 'settings'>,
  { client, clientGeneration }: ExportSummary,
): Promise<Rights> {
  if (settings.AUTH_MODE !== 'smart') return everything;
  const registered = client === undefined ? undefined : await findClient(pool, client);
  if (registered === undefined || registered.disabled) return nothing;
  if (registered.generation !== clientGeneration) return nothing;
  return rightsOf(parseScopes(registered.scopes.join(' ')), registered);
}
