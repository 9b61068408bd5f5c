import { compactVerify, decodeJwt, decodeProtectedHeader, importJWK, type JWTPayload } from 'jose';
import { AuthError } from './errors.ts';
import { selectKey, signingAlgorithms, type Key } from './key-set.ts';
import type { RegisteredClient } from './registered-client.ts';
import type { RemoteKeys } from './remote-keys.ts';

/** What assertions are checked against. */
export interface AssertionChecks {
  /** The token endpoint's URL, and other names of it. */
  readonly audiences: readonly string[];
  readonly leewaySeconds: number;
  /** Key sets of clients that have a URL for theirs. */
  readonly remoteKeys: Pick<RemoteKeys, 'find'>;
  findClient(id: string): Promise<RegisteredClient | undefined>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A client that has shown who it is. */
export interface AuthenticatedClient {
  readonly client: RegisteredClient;
  /** The key that it has shown to have. */
  readonly key: Key;
}

/** As far ahead as SMART lets an assertion end. */
const longestLifeSeconds = 300;
const maxLength = 16_384;

/**
 * Checks a `client_assertion` as SMART Backend Services has it. Whether it was used before is not asked here: that is
 * remembered once everything else is right. SPEC G-034 … G-047
 *
 * @throws AuthError `invalid_client`
 */
export async function checkAssertion(
  assertion: string,
  checks: AssertionChecks,
): Promise<AuthenticatedClient> {
  const { alg, kid, jku } = checkHeader(assertion);
  const claims = attempt(() => decodeJwt(assertion));
  const client = await checkIssuer(claims, checks);
  checkAudience(claims, checks);
  checkTimes(claims, checks);
  checkJti(claims);
  const key = await findKey(client, { alg, kid, jku }, checks);
  await checkSignature(assertion, key, alg);
  return { client, key };
}

interface Header {
  readonly alg: string;
  readonly kid: string;
  readonly jku: unknown;
}

function checkHeader(assertion: string): Header {
  if (assertion.length > maxLength) throw refused('The assertion is too long.');
  const { alg = '', kid, typ, jku } = attempt(() => decodeProtectedHeader(assertion));
  if (!(signingAlgorithms as readonly string[]).includes(alg)) {
    throw refused('The alg of the assertion is not accepted; accepted: RS384, ES384.');
  }
  if (typeof kid !== 'string' || kid === '') throw refused('The assertion has no kid.');
  if (typeof typ !== 'string' || typ.toUpperCase() !== 'JWT') {
    throw refused('The typ of the assertion has to be JWT.');
  }
  return { alg, kid, jku };
}

/** A client that is not there, and one that may get nothing, are not told apart. */
async function checkIssuer(
  { iss, sub }: JWTPayload,
  checks: AssertionChecks,
): Promise<RegisteredClient> {
  if (typeof iss !== 'string' || iss === '') throw refused('The assertion has no iss.');
  if (sub !== iss) throw refused('The sub of the assertion has to be its iss.');
  const client = await checks.findClient(iss);
  if (client === undefined || client.disabled) throw refused('The client is not registered.');
  return client;
}

function checkAudience({ aud }: JWTPayload, { audiences }: AssertionChecks): void {
  const given = (Array.isArray(aud) ? aud : [aud]).map((one) => String(one).replace(/\/$/, ''));
  if (given.some((one) => audiences.includes(one))) return;
  throw refused('The aud of the assertion has to be the URL of the token endpoint.');
}

function checkTimes({ exp, nbf, iat }: JWTPayload, { leewaySeconds, now }: AssertionChecks): void {
  const seconds = now() / 1000;
  if (!Number.isInteger(exp)) throw refused('The assertion has no exp, in whole seconds.');
  if (Number(exp) + leewaySeconds <= seconds) throw refused('The assertion has expired.');
  if (Number(exp) - leewaySeconds > seconds + longestLifeSeconds) {
    throw refused('The exp of the assertion may lie five minutes ahead at the most.');
  }
  for (const [name, value] of Object.entries({ nbf, iat })) {
    if (value === undefined) continue;
    if (typeof value !== 'number') throw refused(`The ${name} of the assertion is no number.`);
    if (value - leewaySeconds > seconds) throw refused(`The ${name} of the assertion is to come.`);
  }
}

function checkJti({ jti }: JWTPayload): void {
  if (typeof jti === 'string' && jti !== '' && jti.length <= 1000) return;
  throw refused('The assertion has no jti.');
}

async function findKey(
  client: RegisteredClient,
  { alg, kid, jku }: Header,
  { remoteKeys }: AssertionChecks,
): Promise<Key> {
  if (jku !== undefined && jku !== client.jwksUrl) {
    throw refused('The jku of the assertion is not the URL that the client is registered with.');
  }
  const { jwks, jwksUrl } = client;
  const wanted = { alg, kid };
  const key =
    jwksUrl === undefined
      ? jwks && selectKey(jwks, wanted)
      : await remoteKeys.find(jwksUrl, wanted);
  if (key !== undefined) return key;
  throw refused('The key set of the client has no key that fits the kid and alg of the assertion.');
}

async function checkSignature(assertion: string, key: Key, alg: string): Promise<void> {
  try {
    await compactVerify(assertion, await importJWK(key, alg), { algorithms: [alg] });
  } catch (cause) {
    throw refused('The signature of the assertion is not valid.', cause);
  }
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw refused('The assertion is not a signed JWT.', cause);
  }
}

function refused(text: string, cause?: unknown): AuthError {
  return new AuthError('invalid_client', text, { cause });
}
