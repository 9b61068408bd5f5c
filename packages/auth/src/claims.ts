import { AuthError } from './errors.ts';
import { isPlainText } from './jwt.ts';

/** Where in a token things are said: names of claims, of which the first that is there counts. */
export interface ClaimNames {
  readonly subject: readonly string[];
  readonly client: readonly string[];
  readonly scopes: readonly string[];
  /** Empty: tokens do not limit groups; otherwise a token without any of them permits no Group. */
  readonly groups: readonly string[];
  /** Likewise. */
  readonly patients: readonly string[];
}

/** As authorization servers commonly name them. */
export const usualClaims: ClaimNames = {
  subject: ['sub'],
  client: ['client_id', 'azp', 'appid'],
  scopes: ['scope', 'scp'],
  groups: [],
  patients: [],
};

/** In tokens of this server: the generation of the client that they were issued to. */
export const generationClaim = 'client_generation';

/**
 * A claim as text, of which an owner's name can be made.
 *
 * @throws AuthError `invalid_token` when it is a text that cannot be stored as it is: two of them could become one
 */
export function textClaim(claims: object, names: readonly string[]): string | undefined {
  const value = findClaim(claims, names);
  if (typeof value !== 'string' || value === '') return undefined;
  if (isPlainText(value)) return value;
  throw new AuthError('invalid_token', `The claim ${names.join(' or ')} is not a plain text.`);
}

/** A claim as a list: an array of texts, or one text with spaces in between. */
export function listClaim(claims: object, names: readonly string[]): string[] | undefined {
  const value = findClaim(claims, names);
  if (typeof value === 'string') return value.split(' ').filter((item) => item !== '');
  if (!Array.isArray(value)) return undefined;
  return value.filter((item): item is string => typeof item === 'string');
}

/** A name can have dots in it, or be a path with dots in between. */
function findClaim(claims: object, names: readonly string[]): unknown {
  for (const name of names) {
    const value = memberOf(claims, name) ?? name.split('.').reduce<unknown>(memberOf, claims);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Record<string, unknown>)[name];
}
