import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { checkAssertion, type AssertionChecks } from './client-assertion.ts';
import { AuthError } from './errors.ts';
import type { Key } from './key-set.ts';
import type { KnownClient } from './registered-client.ts';

const now = Date.parse('2026-05-01T12:00:00Z');
const seconds = now / 1000;
const tokenUrl = 'https://fhir.example/auth/token';
const keys: Record<string, { privateKey: CryptoKey; key: Key }> = {};
let checks: AssertionChecks;

beforeAll(async () => {
  for (const [kid, alg] of [
    ['rsa', 'RS384'],
    ['ec', 'ES384'],
    ['encryption', 'ES384'],
    ['twice', 'ES384'],
  ] as const) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = await exportJWK(publicKey);
    keys[kid] = { privateKey, key: { ...jwk, kty: jwk.kty ?? '', kid } };
  }
  const publicKeys = Object.values(keys).map(({ key }) => key);
  const encryption = publicKeys.find(({ kid }) => kid === 'encryption');
  const twice = publicKeys.find(({ kid }) => kid === 'twice');
  if (encryption === undefined || twice === undefined) throw new Error('no keys');
  const jwks = {
    keys: [
      ...publicKeys.filter(({ kid }) => kid !== 'encryption'),
      { ...encryption, use: 'enc' },
      { ...twice },
    ],
  };
  const client = { scopes: ['system/*.rs'], disabled: false, generation: '1' };
  const clients: KnownClient[] = [
    { ...client, id: 'one', jwks },
    { ...client, id: 'remote', jwksUrl: 'https://client.example/jwks' },
    { ...client, id: 'away', jwksUrl: 'https://away.example/jwks' },
    { ...client, id: 'disabled', jwks, disabled: true },
  ];
  checks = {
    audiences: [tokenUrl, 'https://proxy.example/token'],
    leewaySeconds: 60,
    refusalMs: 0,
    now: () => now,
    findClient: (id) => Promise.resolve(clients.find((one) => one.id === id)),
    remoteKeys: {
      find: (url, { kid }) =>
        url.includes('away')
          ? Promise.reject(new AuthError('invalid_client', 'The key set cannot be fetched.'))
          : Promise.resolve(kid === 'ec' ? keys['ec']?.key : undefined),
    },
  };
});

const good = { iss: 'one', sub: 'one', aud: tokenUrl, exp: seconds + 300, jti: 'a' };

async function sign(claims: object, header: object = {}, by = 'ec'): Promise<string> {
  const signer = keys[by];
  if (signer === undefined) throw new Error('no such key');
  const alg = by === 'rsa' ? 'RS384' : 'ES384';
  return await new SignJWT({ ...claims })
    .setProtectedHeader({ alg, kid: by, typ: 'JWT', ...header })
    .sign(signer.privateKey);
}

const verdict = async (assertion: string): Promise<string> =>
  await checkAssertion(assertion, checks).then(
    ({ client }) => client.id,
    (error: unknown) => (error instanceof AuthError ? wordsOf(error) : 'fault'),
  );

/** What the client is told, and behind an arrow what only the record is. */
function wordsOf({ code, message, cause }: AuthError): string {
  const reason = cause instanceof AuthError ? ` <- ${cause.message}` : '';
  return `${code}: ${message}${reason}`;
}

test.each([
  ['by RS384', {}, {}, 'rsa'],
  ['by ES384', {}, {}, 'ec'],
  ['with typ in lower case', {}, { typ: 'jwt' }, 'ec'],
  ['for a list of audiences', { aud: ['x', tokenUrl] }, {}, 'ec'],
  ['for the URL with a slash', { aud: `${tokenUrl}/` }, {}, 'ec'],
  ['for another name of the URL', { aud: 'https://proxy.example/token' }, {}, 'ec'],
  ['that ends five minutes and some skew ahead', { exp: seconds + 359 }, {}, 'ec'],
  ['that ended within the skew', { exp: seconds - 59 }, {}, 'ec'],
  ['that begins within the skew', { nbf: seconds + 59, iat: seconds + 59 }, {}, 'ec'],
])('an assertion %s is accepted', async (_, claims, header, by) => {
  expect(await verdict(await sign({ ...good, ...claims }, header, by))).toBe('one');
});

test('keys by URL are looked up, and jku may repeat the URL', async () => {
  const claims = { ...good, iss: 'remote', sub: 'remote' };
  expect(await verdict(await sign(claims))).toBe('remote');
  expect(await verdict(await sign(claims, { jku: 'https://client.example/jwks' }))).toBe('remote');
});

test.each([
  ['of an unknown client', { iss: 'x', sub: 'x' }, {}, /not registered/],
  ['of a disabled client', { iss: 'disabled', sub: 'disabled' }, {}, /disabled/],
  ['without iss', { iss: undefined }, {}, /no iss/],
  ['without sub', { sub: undefined }, {}, /sub/],
  ['with another sub', { sub: 'remote' }, {}, /sub/],
  ['without aud', { aud: undefined }, {}, /aud/],
  ['for another server', { aud: 'https://other.example/token' }, {}, /aud/],
  ['for the base', { aud: 'https://fhir.example/fhir' }, {}, /aud/],
  ['without exp', { exp: undefined }, {}, /no exp/],
  ['with exp as text', { exp: String(seconds + 60) }, {}, /exp that is not a number/],
  ['with a fraction as exp', { exp: seconds + 60.5 }, {}, /no exp/],
  ['that has expired', { exp: seconds - 60 }, {}, /expired/],
  ['that is valid for an hour', { exp: seconds + 3600 }, {}, /five minutes/],
  ['that has not begun', { nbf: seconds + 61 }, {}, /nbf/],
  ['from the future', { iat: seconds + 61 }, {}, /iat/],
  ['with iat as text', { iat: 'now' }, {}, /iat/],
  ['without jti', { jti: undefined }, {}, /jti/],
  ['with an empty jti', { jti: '' }, {}, /jti/],
  ['with a jti that is no text', { jti: 5 }, {}, /jti/],
  ['without kid', {}, { kid: undefined }, /kid/],
  ['with an unknown kid', {}, { kid: 'unknown' }, /no key that fits/],
  ['with the kid of a key of another kind', {}, { kid: 'rsa' }, /no key that fits/],
  ['with the kid of an encryption key', {}, { kid: 'encryption' }, /no key that fits/],
  ['with a kid that is there twice', {}, { kid: 'twice' }, /several keys/i],
  ['without typ', {}, { typ: undefined }, /typ/],
  ['with another typ', {}, { typ: 'at+jwt' }, /typ/],
  ['with a jku though its keys are inline', {}, { jku: 'https://evil.example/jwks' }, /jku/],
])('an assertion %s is refused', async (_, claims, header, expected) => {
  const said = await verdict(await sign({ ...good, ...claims }, header));
  expect(said).toMatch(/^invalid_client: /);
  expect(said).toMatch(expected);
});

test('another jku than the registered URL is refused', async () => {
  const claims = { ...good, iss: 'remote', sub: 'remote' };
  expect(await verdict(await sign(claims, { jku: 'https://evil.example/jwks' }))).toMatch(/jku/);
});

test.each([
  ['nothing', ''],
  ['no JWT', 'garbage'],
  ['JSON', '{"iss":"one"}'],
  ['too long', 'x'.repeat(20_000)],
])('%s is refused', async (_, assertion) => {
  expect(await verdict(assertion)).toMatch(/^invalid_client: /);
});

test.each([
  ['none', (): string => `${encode({ alg: 'none', kid: 'ec', typ: 'JWT' })}.${encode(good)}.`],
  [
    'HS384',
    (): string => `${encode({ alg: 'HS384', kid: 'ec', typ: 'JWT' })}.${encode(good)}.c2ln`,
  ],
])('alg %s is refused', async (_, make) => {
  expect(await verdict(make())).toMatch(/^invalid_client: The alg/);
});

test('an assertion signed by another key is refused', async () => {
  const forged = await sign(good, { kid: 'ec' }, 'encryption');
  expect(await verdict(forged)).toMatch(/<- The signature/);
});

test('everything that depends on which clients there are is refused in the same words', async () => {
  const claimsOf = (id: string) => ({ ...good, iss: id, sub: id });
  const refused = await Promise.all([
    sign(claimsOf('x')),
    sign(claimsOf('disabled')),
    sign(claimsOf('away')),
    sign(claimsOf('remote'), { kid: 'unknown' }),
    sign(claimsOf('remote'), { jku: 'https://evil.example/jwks' }),
    sign(good, { kid: 'unknown' }),
    sign(good, { kid: 'twice' }),
    sign(good, { kid: 'ec' }, 'encryption'),
  ]);
  const told = await Promise.all(refused.map(verdict));
  expect(new Set(told.map((text) => text.replace(/ <- .*/, '')))).toEqual(
    new Set([
      'invalid_client: The client is not registered, or the assertion is not signed by one of its keys.',
    ]),
  );
  expect(new Set(told.map((text) => text.replace(/.* <- /, ''))).size).toBe(7);
});

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
