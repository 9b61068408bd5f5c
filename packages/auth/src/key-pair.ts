import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair } from 'jose';
import type { Key } from './key-set.ts';

/** Makes a key pair for signatures by ES384: of a client, to show who it is, or of this server for its tokens. */
export async function createKeyPair(): Promise<{ privateKey: Key; publicKey: Key }> {
  const alg = 'ES384';
  const pair = await generateKeyPair(alg, { extractable: true });
  const about = { kty: 'EC', kid: randomUUID(), use: 'sig', alg };
  return {
    privateKey: { ...(await exportJWK(pair.privateKey)), ...about },
    publicKey: { ...(await exportJWK(pair.publicKey)), ...about },
  };
}
