import { randomUUID } from 'node:crypto';
import { createKeyPair, readClient, type Key } from '@sluice/auth';
import { putClient } from '@sluice/postgres';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import type { Deployment } from './deployment.ts';

/** A client of a deployment with AUTH_MODE=smart, with a key that it can sign with. */
export interface SmartClient {
  readonly id: string;
  readonly privateKey: Key;
  readonly publicKey: Key;
}

/** An answer of the token endpoint. */
export interface TokenAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A form of a token request; what is `undefined` is not sent, what is a list is sent repeatedly. */
export type Form = Readonly<Record<string, string | readonly string[] | undefined>>;

export const jwtBearer = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Makes a key pair of one of the two algorithms of SMART. */
export async function makeKeys(
  alg: 'RS384' | 'ES384' = 'ES384',
): Promise<Pick<SmartClient, 'privateKey' | 'publicKey'>> {
  if (alg === 'ES384') return await createKeyPair();
  const pair = await generateKeyPair(alg, { extractable: true });
  const about = { kty: 'RSA', kid: randomUUID(), alg };
  const [privateKey, publicKey] = [
    await exportJWK(pair.privateKey),
    await exportJWK(pair.publicKey),
  ];
  return { privateKey: { ...privateKey, ...about }, publicKey: { ...publicKey, ...about } };
}

/** Registers a client as `sluice client add` does. */
export async function registerClient(
  deployment: Deployment,
  id: string,
  more: object = {},
  alg: 'RS384' | 'ES384' = 'ES384',
): Promise<SmartClient> {
  const keys = await makeKeys(alg);
  const client = readClient({ id, jwks: { keys: [keys.publicKey] }, ...more });
  expect(await putClient(deployment.database.pool, client)).toBe(true);
  return { id, ...keys };
}

/** The token endpoint of a FHIR base. */
export const tokenUrlOf = (base: string): string => base.replace(/\/fhir$/, '/auth/token');

/** Signs an assertion that is in order, but for what is given. */
export async function assertionOf(
  client: SmartClient,
  tokenUrl: string,
  {
    claims = {},
    header = {},
    key = client.privateKey,
  }: { claims?: object; header?: object; key?: Key } = {},
): Promise<string> {
  const alg = key.alg ?? 'ES384';
  const all = {
    iss: client.id,
    sub: client.id,
    aud: tokenUrl,
    exp: Math.floor(Date.now() / 1000) + 300,
    jti: randomUUID(),
    ...claims,
  };
  return await new SignJWT(all)
    .setProtectedHeader({ alg, kid: client.publicKey.kid ?? '', typ: 'JWT', ...header })
    .sign(await importJWK(key, alg));
}

/** Asks for a token with a form as it is. */
export async function requestToken(tokenUrl: string, form: Form): Promise<TokenAnswer> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(form)) {
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) body.append(name, one);
  }
  const answer = await fetch(tokenUrl, { method: 'POST', body });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: JSON.parse(text) as TokenAnswer['body'],
  };
}

/** A form that is in order. */
export function formOf(assertion: string, scope = 'system/*.rs'): Form {
  return {
    grant_type: 'client_credentials',
    scope,
    client_assertion_type: jwtBearer,
    client_assertion: assertion,
  };
}

/** A token of a client, for a scope. */
export async function tokenOf(
  client: SmartClient,
  base: string,
  scope = 'system/*.rs',
): Promise<string> {
  const tokenUrl = tokenUrlOf(base);
  const answer = await requestToken(tokenUrl, formOf(await assertionOf(client, tokenUrl), scope));
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return String(answer.body['access_token']);
}

export const bearer = (token: string): { authorization: string } => ({
  authorization: `Bearer ${token}`,
});
