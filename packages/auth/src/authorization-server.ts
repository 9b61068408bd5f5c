import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import {
  checkAssertion,
  type AssertionChecks,
  type AuthenticatedClient,
} from './client-assertion.ts';
import { generationClaim } from './claims.ts';
import { AuthError } from './errors.ts';
import { grantScopes } from './grant-scopes.ts';
import { readJwt, type JwtClaims } from './jwt.ts';
import type { Key } from './key-set.ts';
import { createProvider, type ClientMetadata } from './provider.ts';
import { replayedRequest } from './replayed-request.ts';
import { parseScopes } from './scopes.ts';
import { readTokenRequest, tokenRequestForm } from './token-request.ts';

/** What an authorization server is made of. */
export interface AuthorizationServerOptions extends AssertionChecks {
  /** Its URL; the token endpoint is at `/token` below it. */
  readonly issuer: string;
  /** The FHIR base, which tokens are for. */
  readonly audience: string;
  readonly tokenLifeSeconds: number;
  /** When an assertion counts as used: once it is valid, once it led to a token, never. SPEC G-044 */
  readonly replay: 'strict' | 'on-grant' | 'off';
  /** Private keys; the first one signs. */
  readonly signingKeys: readonly [Key, ...Key[]];
  /** Remembers an assertion until then (epoch seconds); false when it is known already. Atomic for all replicas. */
  rememberAssertion(id: string, until: number): Promise<boolean>;
  onFault(error: unknown): void;
}

/** Who asked for a token, and what for; what an audit wants to know. */
export interface TokenAttempt {
  clientId?: string;
  scopes?: readonly string[];
}

/** An authorization server for SMART Backend Services. */
export interface AuthorizationServer {
  /**
   * Answers a request to the token endpoint. What is noted in `attempt` is there also when it throws.
   *
   * @throws AuthError which says how to answer a request that is refused
   */
  token(
    req: IncomingMessage,
    res: ServerResponse,
    body: string,
    attempt: TokenAttempt,
  ): Promise<void>;
  /** Answers with the public keys of its tokens; `req.url` has to be `/jwks`. */
  keySet(req: IncomingMessage, res: ServerResponse): Promise<void>;
}

/**
 * Creates the authorization server, over oidc-provider: that one keeps to OAuth, checks signatures (again) and issues
 * the tokens. What SMART asks for beyond it, and exact answers for each fault, come before it here.
 */
export async function createAuthorizationServer(
  options: AuthorizationServerOptions,
): Promise<AuthorizationServer> {
  const current = new AsyncLocalStorage<CurrentClient>();
  const provider = await createProvider({
    ...options,
    findClient: (id) => {
      const metadata = current.getStore()?.metadata;
      return metadata?.client_id === id ? metadata : undefined;
    },
    tokenClaims: () => ({ [generationClaim]: current.getStore()?.generation }),
  });
  const answer = provider.callback();
  return {
    async token(req, res, body, attempt) {
      const request = readTokenRequest(req.headers, body);
      attempt.clientId = request.clientId ?? claimedClient(request.assertion);
      const authenticated = await checkAssertion(request.assertion, options);
      const { client, claims } = authenticated;
      if (request.clientId !== undefined && request.clientId !== client.id) {
        throw new AuthError('invalid_request', 'client_id is another than that of the assertion.');
      }
      if (options.replay === 'strict') await remember(claims, options);
      const scopes = grantScopes(request.scope, parseScopes(client.scopes.join(' ')));
      attempt.scopes = scopes;
      if (options.replay === 'on-grant') await remember(claims, options);
      const granted = plainRequest(req, provider, tokenRequestForm(request.assertion, scopes));
      await current.run(currentOf(authenticated), () => answer(granted, res));
    },
    keySet: (req, res) => answer(req, res),
  };
}

/** Whom a refused request said to come from; nothing of it was checked. */
function claimedClient(assertion: string): string {
  try {
    return readJwt(assertion).claims.iss ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** Only now, when its signature is known to be right, or anybody could use up the ids of others. SPEC G-042, G-045 */
async function remember(
  { iss = '', jti = '', exp = 0 }: JwtClaims,
  options: AuthorizationServerOptions,
): Promise<void> {
  const id = createHash('sha256')
    .update(JSON.stringify([iss, jti]))
    .digest('base64url');
  if (await options.rememberAssertion(id, exp + options.leewaySeconds)) return;
  throw new AuthError('invalid_client', 'The assertion was used before.');
}

function plainRequest(req: IncomingMessage, provider: Provider, body: string): IncomingMessage {
  const { host } = new URL(provider.issuer);
  const headers = {
    host,
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  };
  return replayedRequest(req, { url: '/token', headers, body });
}

/** The client of a request, while it is answered. */
interface CurrentClient {
  readonly metadata: ClientMetadata;
  readonly generation: string;
}

/** With the one key that fits, so that no set is fetched and nothing else is tried. */
function currentOf({ client, key }: AuthenticatedClient): CurrentClient {
  const members = ['kty', 'kid', 'alg', 'n', 'e', 'crv', 'x', 'y'];
  const jwk = Object.fromEntries(Object.entries(key).filter(([name]) => members.includes(name)));
  const metadata = { client_id: client.id, jwks: { keys: [jwk] } };
  return { metadata, generation: client.generation };
}
