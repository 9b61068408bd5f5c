import {
  createAuthorizationServer,
  createSigningKey,
  publicKey,
  RemoteKeys,
  selectKey,
  type AuthorizationServer,
  type Key,
  type TrustedIssuer,
} from '@sluice/auth';
import { findClient, rememberAssertion, rotateSigningKeys, type Pool } from '@sluice/postgres';
import { errorFacts, type Logger } from '@sluice/runtime';
import { listOf } from './list-of.ts';
import type { ApiSettings } from './settings.ts';

/** The authorization server of this deployment, as one of its replicas sees it. */
export interface Authority extends TrustedIssuer {
  readonly tokenEndpoint: string;
  /** The server with the keys of now. */
  server(): Promise<AuthorizationServer>;
}

/** Keys are looked at again after this long, or sooner when they live shorter. */
const lookAgainMs = 30_000;
/** Longer than a key set usually takes to be fetched. */
const refusalMs = 250;
/** Whoever sends tokens with made-up keys does not make us look for each of them. */
const unknownKeyPauseMs = 100;

/**
 * Opens the authorization server (AUTH_MODE=smart). Its clients, used assertions and keys are in Postgres, so that every
 * replica is the same; keys are made when there are none, and in time for the next ones.
 */
export function openAuthority(
  settings: ApiSettings,
  { pool, baseUrl, log }: { readonly pool: Pool; readonly baseUrl: string; readonly log: Logger },
): Authority {
  const issuer = authorityUrl(baseUrl);
  const tokenEndpoint = `${issuer}/token`;
  const remoteKeys = new RemoteKeys({ allowPrivate: settings.ALLOW_PRIVATE_JWKS });
  const create = (signingKeys: readonly [Key, ...Key[]]): Promise<AuthorizationServer> =>
    createAuthorizationServer({
      issuer,
      audience: baseUrl,
      audiences: [tokenEndpoint, ...listOf(settings.TOKEN_AUDIENCES)].map(withoutSlash),
      leewaySeconds: settings.AUTH_LEEWAY / 1000,
      refusalMs,
      tokenLifeSeconds: Math.floor(settings.TOKEN_TTL / 1000),
      replay: settings.JTI_REPLAY,
      signingKeys,
      remoteKeys,
      findClient: (id) => findClient(pool, id),
      rememberAssertion: (id, until) => rememberAssertion(pool, id, until),
      now: Date.now,
      onFault: (error) => log.error('authorization server failed', errorFacts(error)),
    });
  const keys = new SigningKeys(settings, pool);
  let current: { kid: string | undefined; server: Promise<AuthorizationServer> } | undefined;
  return {
    issuer,
    tokenEndpoint,
    findKey: (wanted) => keys.find(wanted.kid, wanted.alg),
    async server() {
      const signingKeys = await keys.all();
      const { kid } = signingKeys[0];
      if (current !== undefined && current.kid === kid) return await current.server;
      const server = create(signingKeys);
      current = { kid, server };
      // What failed once may work the next time.
      server.catch(() => (current = undefined));
      return await server;
    },
  };
}

/** With or without a slash at its end, it is the same endpoint. */
function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}

/** Beside the FHIR base: `…/fhir` has `…/auth`. */
function authorityUrl(baseUrl: string): string {
  return new URL('auth', baseUrl).href;
}

class SigningKeys {
  readonly #settings: ApiSettings;
  readonly #pool: Pool;
  #keys: readonly Key[] = [];
  #readAt = 0;

  constructor(settings: ApiSettings, pool: Pool) {
    this.#settings = settings;
    this.#pool = pool;
  }

  async all(): Promise<readonly [Key, ...Key[]]> {
    const lifeMs = this.#settings.SIGNING_KEY_LIFE;
    if (this.#readAt + Math.min(lookAgainMs, lifeMs / 4) < Date.now()) await this.#read();
    const [newest, ...others] = this.#keys;
    if (newest === undefined) throw new TypeError('there is always a signing key');
    return [newest, ...others];
  }

  /** A key that is not known may be one that another replica has made. */
  async find(kid: string | undefined, alg: string): Promise<Key | undefined> {
    const wanted = { kid, alg };
    const known = selectKey({ keys: (await this.all()).map(publicKey) }, wanted);
    if (known !== undefined || this.#readAt + unknownKeyPauseMs > Date.now()) return known;
    await this.#read();
    return selectKey({ keys: this.#keys.map(publicKey) }, wanted);
  }

  async #read(): Promise<void> {
    const { SIGNING_KEY_LIFE: lifeMs, TOKEN_TTL, AUTH_LEEWAY } = this.#settings;
    const keepMs = TOKEN_TTL + AUTH_LEEWAY + 2 * lookAgainMs;
    this.#keys = await rotateSigningKeys(this.#pool, { lifeMs, keepMs, create: createSigningKey });
    this.#readAt = Date.now();
  }
}
