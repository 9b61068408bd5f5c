import { isId } from '@sluice/fhir';
import { errors, importJWK, jwtVerify } from 'jose';
import { generationClaim, listClaim, textClaim, type ClaimNames } from './claims.ts';
import { AuthError } from './errors.ts';
import { JwtError, readJwt, type JwtClaims, type JwtHeader } from './jwt.ts';
import { checkScopesSize } from './scope-limits.ts';
import { splitScopes } from './scopes.ts';
import { signingAlgorithms, type Key, type WantedKey } from './key-set.ts';

/** Somebody whose tokens are believed. */
export interface TrustedIssuer {
  readonly issuer: string;
  /** The key of a signature; `undefined` when the issuer has none such. */
  findKey(wanted: WantedKey): Promise<Key | undefined>;
}

/** What tokens are checked against. */
export interface TokenChecks {
  readonly issuers: readonly TrustedIssuer[];
  /** Of these a token has to be for one. */
  readonly audiences: readonly string[];
  readonly leewaySeconds: number;
  readonly claims: ClaimNames;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a token says, all of it checked. */
export interface AccessToken {
  readonly issuer: string;
  readonly subject: string;
  readonly client: string | undefined;
  /** Of tokens of this server: which of the clients that had this id one after the other. */
  readonly clientGeneration: string | undefined;
  readonly scopes: readonly string[];
  /** Absent: not limited. */
  readonly groups: readonly string[] | undefined;
  readonly patients: readonly string[] | undefined;
}

/** An id token, say, is no access token, though it is signed by the same keys. */
const types = [undefined, 'jwt', 'at+jwt', 'application/at+jwt'];

/**
 * Checks an access token: who issued it, for whom, that it is in its time and signed by its issuer.
 *
 * @throws AuthError `invalid_token`, always, whatever is wrong with it
 */
export async function verifyAccessToken(token: string, checks: TokenChecks): Promise<AccessToken> {
  const { header, claims } = read(token);
  const wanted = checkHeader(header);
  const issuer = findIssuer(claims, checks);
  const key = await findKey(issuer, wanted);
  await verify(token, key, wanted, issuer, checks);
  const subject = textClaim(claims, checks.claims.subject);
  if (subject === undefined) throw invalid('The token does not say whose it is.');
  return {
    issuer: issuer.issuer,
    subject,
    client: textClaim(claims, checks.claims.client),
    clientGeneration: textClaim(claims, [generationClaim]),
    scopes: readScopes(claims, checks.claims.scopes),
    groups: limit(claims, checks.claims.groups, 'Group/'),
    patients: limit(claims, checks.claims.patients, 'Patient/'),
  };
}

function read(token: string): ReturnType<typeof readJwt> {
  try {
    return readJwt(token);
  } catch (cause) {
    if (!(cause instanceof JwtError)) throw cause;
    throw invalid(`The token ${cause.message}.`, cause);
  }
}

function checkHeader({ alg, kid, typ }: JwtHeader): WantedKey {
  if (!(signingAlgorithms as readonly string[]).includes(alg)) {
    throw invalid('The token is not signed by an algorithm that is accepted.');
  }
  if (!types.includes(typ?.toLowerCase())) throw invalid('The token is not an access token.');
  return { alg, kid };
}

function findIssuer({ iss }: JwtClaims, { issuers }: TokenChecks): TrustedIssuer {
  const found = issuers.find(({ issuer }) => issuer === iss);
  if (found === undefined) throw invalid('The issuer of the token is not known here.');
  return found;
}

async function findKey(issuer: TrustedIssuer, wanted: WantedKey): Promise<Key> {
  let key: Key | undefined;
  try {
    key = await issuer.findKey(wanted);
  } catch (cause) {
    if (cause instanceof AuthError) throw invalid('The key of the token cannot be had.', cause);
    throw cause;
  }
  if (key === undefined)
    throw invalid('The token is signed by a key that its issuer does not have.');
  return key;
}

async function verify(
  token: string,
  key: Key,
  { alg }: WantedKey,
  { issuer }: TrustedIssuer,
  { audiences, leewaySeconds, now }: TokenChecks,
): Promise<void> {
  try {
    const { payload } = await jwtVerify(token, await importJWK(key, alg), {
      algorithms: [alg],
      issuer,
      audience: [...audiences],
      clockTolerance: leewaySeconds,
      currentDate: new Date(now()),
      requiredClaims: ['exp'],
    });
    if (payload.iat !== undefined && payload.iat > now() / 1000 + leewaySeconds) {
      throw invalid('The token was issued in the future.');
    }
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw invalid('The token has expired.', error);
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
      throw invalid(
        `The claim aud of the token has to be ${audiences.slice(0, 3).join(' or ')}`,
        error,
      );
    }
    if (error instanceof errors.JWTClaimValidationFailed) {
      throw invalid(`The claim ${error.claim} of the token is not as it has to be.`, error);
    }
    if (error instanceof AuthError) throw error;
    throw invalid('The signature of the token is not valid.', error);
  }
}

function readScopes(claims: object, names: readonly string[]): string[] {
  const text = (listClaim(claims, names) ?? []).join(' ');
  const scopes = splitScopes(text);
  try {
    checkScopesSize(scopes.length, text.length, 'The token');
  } catch (cause) {
    if (cause instanceof AuthError) throw invalid(cause.message, cause);
    throw cause;
  }
  return scopes;
}

/** What cannot be an id permits nothing. */
function limit(claims: object, names: readonly string[], prefix: string): string[] | undefined {
  if (names.length === 0) return undefined;
  const values = listClaim(claims, names) ?? [];
  return values
    .map((value) => (value.startsWith(prefix) ? value.slice(prefix.length) : value))
    .filter(isId);
}

function invalid(text: string, cause?: unknown): AuthError {
  return new AuthError('invalid_token', text, { cause });
}
