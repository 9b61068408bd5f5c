import { AuthError } from './errors.ts';

/** A request for a token, in the right form. */
export interface TokenRequest {
  readonly assertion: string;
  readonly scope: string;
  /** Sent beside the assertion, which has to be the same client's. */
  readonly clientId?: string;
}

/** What of the form is read; anything else is ignored, as RFC 6749 has it. */
const parameters = [
  'grant_type',
  'scope',
  'client_assertion_type',
  'client_assertion',
  'client_id',
] as const;
const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * Reads the form of a token request. SPEC G-028 … G-033
 *
 * @param headers of the request, names in lower case
 * @throws AuthError
 */
export function readTokenRequest(
  headers: {
    readonly 'content-type'?: string | undefined;
    readonly authorization?: string | undefined;
  },
  body: string,
): TokenRequest {
  if (!/^application\/x-www-form-urlencoded *(;|$)/i.test(headers['content-type'] ?? '')) {
    throw refused('The body is not a form; accepted: application/x-www-form-urlencoded.');
  }
  if (headers.authorization !== undefined) {
    const text = 'Clients authenticate with an assertion, not with the header Authorization.';
    throw new AuthError('invalid_client', text);
  }
  const form = new URLSearchParams(body);
  for (const name of parameters) {
    if (form.getAll(name).length > 1) throw refused(`${name} may be given once.`);
  }
  const [grantType, scope, assertionType, assertion, clientId] = parameters.map((name) =>
    form.get(name),
  );
  if (!grantType) throw refused('grant_type is missing; accepted: client_credentials.');
  if (grantType !== 'client_credentials') {
    const text = 'This grant_type is not supported; accepted: client_credentials.';
    throw new AuthError('unsupported_grant_type', text);
  }
  if (assertionType !== jwtBearer) {
    throw refused(`client_assertion_type is missing or another; accepted: ${jwtBearer}.`);
  }
  if (!assertion) throw refused('client_assertion is missing.');
  if (scope === null || scope === undefined || scope.trim() === '') {
    throw new AuthError('invalid_scope', 'scope is missing or empty.');
  }
  return { assertion, scope, ...(clientId ? { clientId } : {}) };
}

/** The same request in its plainest form, for exactly these scopes. */
export function tokenRequestForm(assertion: string, scopes: readonly string[]): string {
  return new URLSearchParams({
    grant_type: 'client_credentials',
    scope: scopes.join(' '),
    client_assertion_type: jwtBearer,
    client_assertion: assertion,
  }).toString();
}

function refused(text: string): AuthError {
  return new AuthError('invalid_request', text);
}
