import { randomUUID } from 'node:crypto';
import { importJWK, SignJWT } from 'jose';
import type { Key } from './key-set.ts';

const lifeSeconds = 240;

/**
 * Signs a client assertion, as a client does that wants a token.
 *
 * @param key private JWK with kid; its `alg`, or RS384 and ES384
 */
export async function signAssertion(
  key: Key,
  {
    clientId,
    tokenEndpoint,
    now,
  }: { readonly clientId: string; readonly tokenEndpoint: string; readonly now: number },
): Promise<string> {
  const alg = key.alg ?? (key.kty === 'RSA' ? 'RS384' : 'ES384');
  const seconds = Math.floor(now / 1000);
  return await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg, kid: key.kid ?? '', typ: 'JWT' })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(tokenEndpoint)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + lifeSeconds)
    .sign(await importJWK(key, alg));
}

/** Reads the private key of a client out of a file: one JWK, or the only private one of a set. @throws TypeError */
export function readPrivateKey(text: string): Key {
  const value = JSON.parse(text) as Key & { keys?: unknown };
  const keys = Array.isArray(value.keys) ? (value.keys as readonly Key[]) : [value];
  const [key, ...others] = keys.filter(({ d, kid }) => typeof d === 'string' && Boolean(kid));
  if (key === undefined || others.length > 0) {
    throw new TypeError('The file has to hold one private JWK with a kid.');
  }
  return key;
}
