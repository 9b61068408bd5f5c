import { setTimeout } from 'node:timers/promises';
import { compactVerify, importJWK } from 'jose';
import { AuthError } from './errors.ts';
import { JwtError, readJwt, type JwtClaims, type JwtHeader } from './jwt.ts';
import { selectKey, signingAlgorithms, type Key, type WantedKey } from './key-set.ts';
import type { KnownClient, RegisteredClient } from './registered-client.ts';
import type { RemoteKeys } from './remote-keys.ts';

/** What assertions are checked against. */
export interface AssertionChecks {
  /** The token endpoint's URL, and other names of it. */
  readonly audiences: readonly string[];
  readonly leewaySeconds: number;
  /** Key sets of clients that have a URL for theirs. */
  readonly remoteKeys: Pick<RemoteKeys, 'find'>;
  /**
   * How long it takes, at the least, to refuse a client. A known client costs a signature and maybe a fetch of its key set, an
   * unknown one nothing: the difference must not show.
   */
  readonly refusalMs: number;
  findClient(id: string): Promise<KnownClient | undefined>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A client that has shown who it is. */
export interface AuthenticatedClient {
  readonly client: KnownClient;
  /** The key that it has shown to have. */
  readonly key: Key;
  /** What its assertion says. */
  readonly claims: JwtClaims;
}

/** As far ahead as SMART lets an assertion end. */
const longestLifeSeconds = 300;

/**
 * Checks a `client_assertion` as SMART Backend Services has it. Whether it was used before is not asked here: that is
 * remembered once everything else is right. What is wrong with the assertion alone is said; of everything that depends on
 * which clients there are, and which keys they have, one text says no more than that, and `cause` has the reason for the
 * record. SPEC G-034 … G-047
 *
 * @throws AuthError `invalid_client`
 */
export async function checkAssertion(
  assertion: string,
  checks: AssertionChecks,
): Promise<AuthenticatedClient> {
  const { header, claims } = read(assertion);
  checkHeader(header);
  const id = issuerOf(claims);
  checkAudience(claims, checks);
  checkTimes(claims, checks);
  if (claims.jti === undefined || claims.jti === '') throw refused('The assertion has no jti.');
  const begun = performance.now();
  try {
    const client = await findClient(id, checks);
    const key = await findKey(client, header, checks);
    await checkSignature(assertion, key, header.alg);
    return { client, key, claims };
  } catch (cause) {
    if (!(cause instanceof AuthError)) throw cause;
    await setTimeout(begun + checks.refusalMs - performance.now());
    throw refused(
      'The client is not registered, or the assertion is not signed by one of its keys.',
      cause,
    );
  }
}

function read(assertion: string): ReturnType<typeof readJwt> {
  try {
    return readJwt(assertion);
  } catch (cause) {
    if (!(cause instanceof JwtError)) throw cause;
    throw refused(`The assertion ${cause.message}.`, cause);
  }
}

function checkHeader({ alg, kid, typ }: JwtHeader): void {
  if (!(signingAlgorithms as readonly string[]).includes(alg)) {
    throw refused('The alg of the assertion is not accepted; accepted: RS384, ES384.');
  }
  if (kid === undefined || kid === '') throw refused('The assertion has no kid.');
  if (typ?.toUpperCase() !== 'JWT') throw refused('The typ of the assertion has to be JWT.');
}

function issuerOf({ iss, sub }: JwtClaims): string {
  if (iss === undefined || iss === '') throw refused('The assertion has no iss.');
  if (sub !== iss) throw refused('The sub of the assertion has to be its iss.');
  return iss;
}

function checkAudience({ aud = [] }: JwtClaims, { audiences }: AssertionChecks): void {
  const given = [aud].flat().map((one) => one.replace(/\/$/, ''));
  if (given.some((one) => audiences.includes(one))) return;
  throw refused(
    `The aud of the assertion has to be the URL of the token endpoint: ${audiences[0] ?? ''}`,
  );
}

function checkTimes(
  { exp = NaN, nbf, iat }: JwtClaims,
  { leewaySeconds, now }: AssertionChecks,
): void {
  const seconds = now() / 1000;
  if (!Number.isInteger(exp)) throw refused('The assertion has no exp, in whole seconds.');
  if (exp + leewaySeconds <= seconds) throw refused('The assertion has expired.');
  if (exp - leewaySeconds > seconds + longestLifeSeconds) {
    throw refused('The exp of the assertion may lie five minutes ahead at the most.');
  }
  for (const [name, value] of Object.entries({ nbf, iat })) {
    if (value === undefined || value - leewaySeconds <= seconds) continue;
    throw refused(`The ${name} of the assertion is to come.`);
  }
}

async function findClient(id: string, checks: AssertionChecks): Promise<KnownClient> {
  const client = await checks.findClient(id);
  if (client === undefined) throw refused('The client is not registered.');
  if (client.disabled) throw refused('The client is disabled.');
  return client;
}

async function findKey(
  { jwks, jwksUrl }: RegisteredClient,
  { jku, ...wanted }: JwtHeader & WantedKey,
  { remoteKeys }: AssertionChecks,
): Promise<Key> {
  if (jku !== undefined && jku !== jwksUrl) {
    throw refused('The jku of the assertion is not the URL that the client is registered with.');
  }
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

function refused(text: string, cause?: unknown): AuthError {
  return new AuthError('invalid_client', text, { cause });
}
