import {
  AuthError,
  discoveredIssuer,
  everything,
  limitRights,
  nothing,
  RemoteKeys,
  ScopeRights,
  verifyAccessToken,
  type AccessToken,
  type Rights,
  type TokenChecks,
} from '@sluice/auth';
import type { ExportRights } from '@sluice/export';
import { findClient, type Pool } from '@sluice/postgres';
import type { Authority } from './authority.ts';
import { listOf } from './list-of.ts';
import type { ApiSettings } from './settings.ts';

/** The subject of whoever needs no token. */
export const anonymous = 'anonymous';

/** Who is asking, and what they may do. */
export interface Identity {
  readonly subject: string;
  readonly client?: string;
  /** Which of the clients that had this id one after the other. */
  readonly clientGeneration?: string;
  readonly rights: Rights;
  /** Slots of this client's own; absent: EXPORT_SLOTS. */
  readonly slots?: number;
}

/** Says who has a token. @throws AuthError `invalid_token` */
export type Identify = (token: string) => Promise<Identity>;

/** The caller of a request that nobody has authenticated: without a name, without rights, owner of nothing. */
export const nobody: Identity = { subject: '', rights: nothing };

/** Every caller with AUTH_MODE=none. */
export const anyone: Identity = { subject: anonymous, rights: everything };

/** What of somebody's rights matters to exports. */
export function exportRights({ exports, groups, patients, membersOf }: Rights): ExportRights {
  return { ...exports, groups, patients, membersOf };
}

/** How the callers of this deployment are told apart; `undefined` with AUTH_MODE=none. */
export function createIdentify(
  settings: ApiSettings,
  deps: {
    readonly pool: Pool;
    readonly baseUrl: string;
    readonly authority: Authority | undefined;
  },
): Identify | undefined {
  const checks = tokenChecks(settings, deps.baseUrl);
  if (deps.authority !== undefined) {
    return identifyClients(deps.pool, {
      ...checks,
      audiences: [deps.baseUrl],
      issuers: [deps.authority],
    });
  }
  if (settings.AUTH_MODE === 'none') return undefined;
  const known = new ScopeRights();
  return async (token) => identityOf(await verifyAccessToken(token, checks), known);
}

function tokenChecks(settings: ApiSettings, baseUrl: string): TokenChecks {
  const limits = { allowPrivate: settings.ALLOW_PRIVATE_JWKS };
  const keys = new RemoteKeys(limits);
  const issuers = listOf(settings.AUTH_ISSUERS).map((entry) => {
    const [issuer = '', jwksUrl] = entry.split(/\s+/);
    return discoveredIssuer({ issuer, jwksUrl }, keys, limits);
  });
  return {
    issuers,
    audiences: settings.AUTH_AUDIENCE === undefined ? [baseUrl] : listOf(settings.AUTH_AUDIENCE),
    leewaySeconds: settings.AUTH_LEEWAY / 1000,
    claims: {
      subject: listOf(settings.AUTH_CLAIM_SUBJECT),
      client: listOf(settings.AUTH_CLAIM_CLIENT),
      scopes: listOf(settings.AUTH_CLAIM_SCOPES),
      groups: listOf(settings.AUTH_CLAIM_GROUPS),
      patients: listOf(settings.AUTH_CLAIM_PATIENTS),
    },
    now: Date.now,
  };
}

/** Two issuers may mean two people by the same name. SPEC G-083 */
function identityOf(token: AccessToken, known: ScopeRights): Identity {
  const { issuer, subject, client, scopes, groups, patients } = token;
  const rights = limitRights(known.granted(scopes), { groups, patients });
  return {
    subject: `${issuer}|${subject}`,
    ...(client === undefined ? {} : { client: `${issuer}|${client}` }),
    rights,
  };
}

/** A token is worth what its client may have now, whatever it was when it was issued. SPEC G-054 */
function identifyClients(pool: Pool, checks: TokenChecks): Identify {
  const known = new ScopeRights();
  return async (token) => {
    const { subject, scopes, clientGeneration } = await verifyAccessToken(token, checks);
    const client = await findClient(pool, subject);
    if (client === undefined || client.disabled || client.generation !== clientGeneration) {
      throw new AuthError('invalid_token', 'The client of the token is not registered any more.');
    }
    const granted = known.stillGranted(scopes, client.scopes);
    const { exports: registered } = known.granted(client.scopes);
    return {
      subject,
      client: subject,
      clientGeneration: client.generation,
      rights: limitRights({ ...granted, registered }, client),
      ...(client.slots === undefined ? {} : { slots: client.slots }),
    };
  };
}
