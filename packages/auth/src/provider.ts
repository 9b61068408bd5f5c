import type { Adapter, Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';
import { signingAlgorithms, type Key } from './key-set.ts';
import { tokenAlgorithm } from './signing-key.ts';

/** What the provider has to know of a client. */
export interface ClientMetadata {
  readonly client_id: string;
  readonly jwks: { readonly keys: readonly object[] };
}

interface ProviderOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly audiences: readonly string[];
  readonly leewaySeconds: number;
  readonly tokenLifeSeconds: number;
  readonly signingKeys: readonly [Key, ...Key[]];
  /** The client of the request that is being answered. */
  readonly findClient: (id: string) => ClientMetadata | undefined;
  /** Further claims of a token that is issued. */
  readonly tokenClaims: () => Record<string, string | undefined>;
  onFault(error: unknown): void;
}

/**
 * Sets up oidc-provider for one thing: client_credentials with private_key_jwt, and JWTs as access tokens. It is loaded
 * when it is needed, for it is large.
 */
export async function createProvider(options: ProviderOptions): Promise<Provider> {
  const { Provider, errors } = await import('oidc-provider');
  const { audience, audiences, findClient, signingKeys, tokenLifeSeconds } = options;
  const configuration: Configuration = {
    adapter: (name: string) => adapterOf(name, findClient),
    jwks: { keys: signingKeys.map((key) => ({ ...key, kty: 'EC' })) },
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: {
      clientAuthSigningAlgValues: [...signingAlgorithms],
      idTokenSigningAlgValues: [tokenAlgorithm],
    },
    clientDefaults: {
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'private_key_jwt',
      id_token_signed_response_alg: tokenAlgorithm,
    },
    extraTokenClaims: options.tokenClaims,
    clockTolerance: options.leewaySeconds,
    scopes: [],
    responseTypes: [],
    routes: { token: '/token', jwks: '/jwks' },
    ttl: { ClientCredentials: tokenLifeSeconds },
    cookies: { keys: ['no cookie is ever set'] },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: (ctx, resource) => {
          if (resource !== audience) throw new errors.InvalidTarget();
          return {
            audience,
            // What was asked for is what was granted: see authorization-server.ts.
            scope: (ctx.oidc.params?.['scope'] as string | undefined) ?? '',
            accessTokenTTL: tokenLifeSeconds,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: tokenAlgorithm, kid: signingKeys[0].kid ?? '' } },
          };
        },
      },
    },
  };
  const provider = new Provider(options.issuer, configuration);
  acceptAudiences(provider, audiences);
  provider.use(async (ctx, next) => {
    await next();
    // No page has anything to ask of the token endpoint: an assertion is made by a program that keeps its key.
    if (ctx.path === '/token') ctx.remove('Access-Control-Allow-Origin');
    const body = ctx.body as { token_type?: string } | undefined;
    // To the letter of SMART. SPEC G-050
    if (body?.token_type !== undefined) body.token_type = 'bearer';
  });
  provider.on('server_error', (_ctx: KoaContextWithOIDC, error: Error) => options.onFault(error));
  return provider;
}

/** The provider would guess its own URL from the request, which a proxy may have changed. */
function acceptAudiences(provider: Provider, audiences: readonly string[]): void {
  const { prototype } = (
    provider as unknown as {
      OIDCContext: { prototype: { clientJwtAuthExpectedAudience(): Set<string> } };
    }
  ).OIDCContext;
  prototype.clientJwtAuthExpectedAudience = () =>
    new Set(audiences.flatMap((audience) => [audience, `${audience}/`]));
}

/**
 * The provider's storage. Clients are looked up before it is asked, and its tokens are JWTs, which are not stored. Used
 * assertions are remembered before too: the provider looks first and stores later, and of two replicas that are asked
 * at once both would find nothing.
 */
function adapterOf(name: string, findClient: ProviderOptions['findClient']): Adapter {
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  return {
    find: (id) => Promise.resolve(name === 'Client' ? (findClient(id) as never) : undefined),
    upsert: nothing,
    destroy: nothing,
    consume: nothing,
    findByUid: nothing,
    findByUserCode: nothing,
    revokeByGrantId: nothing,
  };
}
