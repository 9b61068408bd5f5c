import { checkJsonBounds } from '@sluice/fhir';

/** What the header of a JWT says, as far as anything here reads it. */
export interface JwtHeader {
  readonly alg: string;
  readonly kid?: string;
  readonly typ?: string;
  readonly jku?: string;
}

/** The registered claims, each of its type, and whatever else is there. RFC 7519, 4.1 */
export interface JwtClaims {
  readonly iss?: string;
  readonly sub?: string;
  readonly jti?: string;
  readonly aud?: string | readonly string[];
  readonly exp?: number;
  readonly nbf?: number;
  readonly iat?: number;
  readonly [name: string]: unknown;
}

/** A text that is not a JWT, or one whose header or claims have wrong types. Its message is a sentence without its subject. */
export class JwtError extends Error {
  readonly code = 'malformed-jwt';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'JwtError';
  }
}

/** Characters of a token or an assertion; what this server issues is shorter. */
export const longestJwt = 16_384;
const longestText = 1000;
/** Claims of common authorization servers are four or five deep. */
const bounds = { maxDepth: 16, maxValues: 4000 };

/**
 * Reads header and claims of a signed JWT without looking at its signature. What comes out has the types that it says, and its
 * texts are well formed and without control characters: they may be stored and compared.
 *
 * @throws JwtError
 */
export function readJwt(token: string): { readonly header: JwtHeader; readonly claims: JwtClaims } {
  if (token.length > longestJwt) throw new JwtError('is too long');
  const segments = token.split('.', 4);
  if (segments.length !== 3) throw new JwtError('is not a signed JWT');
  const [header, claims] = segments.slice(0, 2).map(readObject);
  if (header === undefined || claims === undefined) throw new JwtError('is not a signed JWT');
  checkTexts(header, ['alg', 'kid', 'typ', 'jku']);
  if (header['alg'] === undefined) throw new JwtError('has no alg');
  checkTexts(claims, ['iss', 'sub', 'jti']);
  checkNumbers(claims, ['exp', 'nbf', 'iat']);
  checkAudience(claims['aud']);
  return { header: header as unknown as JwtHeader, claims };
}

/** Whether a text can be stored and shown as it is: no control characters, no halves of surrogate pairs, not long. */
export function isPlainText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longestText && !/[\p{Cc}\p{Cs}]/u.test(value);
}

function readObject(segment: string): Record<string, unknown> {
  if (!/^[\w-]+$/.test(segment)) throw new JwtError('is not a signed JWT in base64url');
  const bytes = Buffer.from(segment, 'base64url');
  const excess = checkJsonBounds(bytes, bounds);
  if (excess !== undefined) throw new JwtError(`has too much in it (${excess.bound} of JSON)`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new JwtError('is not JSON', cause);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new JwtError('is not a JSON object');
}

function checkTexts(given: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  for (const name of names) {
    if (given[name] === undefined || isPlainText(given[name])) continue;
    throw new JwtError(`has a value of ${name} that is not a plain text`);
  }
}

function checkNumbers(given: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  for (const name of names) {
    if (given[name] === undefined || Number.isFinite(given[name])) continue;
    throw new JwtError(`has a value of ${name} that is not a number`);
  }
}

function checkAudience(aud: unknown): void {
  if (aud === undefined || isPlainText(aud)) return;
  if (Array.isArray(aud) && aud.every(isPlainText)) return;
  throw new JwtError('has a value of aud that is neither a text nor a list of texts');
}
