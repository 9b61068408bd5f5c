import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import type { Key } from './key-set.ts';

/** How this server signs its tokens. */
export const tokenAlgorithm = 'ES384';

/** Makes a private key for tokens. */
export async function createSigningKey(): Promise<Key> {
  const { privateKey } = await generateKeyPair(tokenAlgorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kty: 'EC', kid: randomUUID(), use: 'sig', alg: tokenAlgorithm };
}

/** What of a key everybody may know. */
export function publicKey({ kty, kid, use, alg, crv, x, y }: Key): Key {
  return {
    kty,
    ...(kid === undefined ? {} : { kid }),
    ...(use === undefined ? {} : { use }),
    ...(alg === undefined ? {} : { alg }),
    ...(crv === undefined ? {} : { crv }),
    x,
    y,
  };
}
