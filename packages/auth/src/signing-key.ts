import { createKeyPair } from './key-pair.ts';
import type { Key } from './key-set.ts';

/** How this server signs its tokens. */
export const tokenAlgorithm = 'ES384';

/** Makes a private key for tokens. */
export async function createSigningKey(): Promise<Key> {
  return (await createKeyPair()).privateKey;
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
