import type { TrustedIssuer } from './access-token.ts';
import { AuthError } from './errors.ts';
import { fetchJson, type FetchLimits } from './fetch-json.ts';
import type { RemoteKeys } from './remote-keys.ts';

const lifeMs = 3_600_000;

/**
 * An issuer elsewhere: its keys come from `jwksUrl`, or from where its OpenID Connect discovery document says, which is
 * read when it is first needed and again every hour.
 */
export function discoveredIssuer(
  { issuer, jwksUrl }: { readonly issuer: string; readonly jwksUrl?: string | undefined },
  keys: RemoteKeys,
  limits: FetchLimits,
): TrustedIssuer {
  let known = { url: jwksUrl ?? '', until: jwksUrl === undefined ? 0 : Infinity };
  const keySetUrl = async (): Promise<string> => {
    if (known.until <= Date.now()) {
      known = { url: await discover(issuer, limits), until: Date.now() + lifeMs };
    }
    return known.url;
  };
  return { issuer, findKey: async (wanted) => await keys.find(await keySetUrl(), wanted) };
}

async function discover(issuer: string, limits: FetchLimits): Promise<string> {
  try {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { body } = await fetchJson(url, limits);
    const said = (body ?? {}) as { issuer?: unknown; jwks_uri?: unknown };
    if (said.issuer !== issuer) throw new Error('the document is of another issuer');
    if (typeof said.jwks_uri !== 'string') throw new Error('the document has no jwks_uri');
    return said.jwks_uri;
  } catch (cause) {
    throw new AuthError('invalid_client', 'The issuer cannot be discovered.', { cause });
  }
}
