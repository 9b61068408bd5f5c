import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { verifyAccessToken, type TokenChecks } from './access-token.ts';
import { usualClaims } from './claims.ts';
import { AuthError } from './errors.ts';
import type { Key } from './key-set.ts';

const now = Date.parse('2026-05-01T12:00:00Z');
const seconds = now / 1000;
let own: { privateKey: CryptoKey; key: Key };
let foreign: { privateKey: CryptoKey; key: Key };
let checks: TokenChecks;

beforeAll(async () => {
  own = await pair('one');
  foreign = await pair('one');
  const findKey = ({ kid = 'one' }): Promise<Key | undefined> =>
    Promise.resolve(kid === 'one' ? own.key : undefined);
  checks = {
    issuers: [
      { issuer: 'https://a.example', findKey },
      {
        issuer: 'https://down.example',
        findKey: () => Promise.reject(new AuthError('invalid_client', 'The key set is away.')),
      },
    ],
    audiences: ['https://fhir.example/fhir', 'sluice'],
    leewaySeconds: 30,
    claims: usualClaims,
    now: () => now,
  };
});

async function pair(kid: string): Promise<{ privateKey: CryptoKey; key: Key }> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { privateKey, key: { ...(await exportJWK(publicKey)), kty: 'EC', kid } };
}

const good = {
  iss: 'https://a.example',
  sub: 'anna',
  aud: 'sluice',
  iat: seconds - 10,
  exp: seconds + 60,
  scope: 'system/Patient.rs openid',
  client_id: 'loader',
};

async function sign(claims: object, header: object = {}, key = own.privateKey): Promise<string> {
  return await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'at+jwt', ...header })
    .sign(key);
}

const verdict = async (token: string): Promise<string> =>
  await verifyAccessToken(token, checks).then(
    () => 'accepted',
    (error: unknown) => (error instanceof AuthError ? `${error.code}: ${error.message}` : 'fault'),
  );

test('a good token says who it is and what for', async () => {
  expect(await verifyAccessToken(await sign(good), checks)).toEqual({
    issuer: 'https://a.example',
    subject: 'anna',
    client: 'loader',
    clientGeneration: undefined,
    scopes: ['system/Patient.rs', 'openid'],
    groups: undefined,
    patients: undefined,
  });
});

test.each([
  ['without a kid', {}, { kid: undefined }],
  ['of the type JWT', {}, { typ: 'JWT' }],
  ['without a type', {}, { typ: undefined }],
  ['for several audiences', { aud: ['other', 'https://fhir.example/fhir'] }, {}],
  ['that ended within the leeway', { exp: seconds - 29 }, {}],
  ['that begins within the leeway', { nbf: seconds + 29 }, {}],
])('a token %s is accepted', async (_, claims, header) => {
  expect(await verdict(await sign({ ...good, ...claims }, header))).toBe('accepted');
});

test.each([
  ['that has ended', { exp: seconds - 31 }, {}, /expired/],
  ['that does not end', { exp: undefined }, {}, /claim exp/],
  ['whose end is no number', { exp: 'soon' }, {}, /exp that is not a number/],
  ['that has not begun', { nbf: seconds + 31 }, {}, /claim nbf/],
  ['issued in the future', { iat: seconds + 31 }, {}, /future/],
  [
    'for somebody else',
    { aud: 'another' },
    {},
    /claim aud .*https:\/\/fhir\.example\/fhir or sluice/,
  ],
  ['for nobody', { aud: undefined }, {}, /claim aud/],
  ['of another issuer', { iss: 'https://b.example' }, {}, /issuer .* not known/],
  ['of no issuer', { iss: undefined }, {}, /issuer .* not known/],
  ['of nobody', { sub: undefined }, {}, /whose/],
  ['whose subject is no text', { sub: 7 }, {}, /sub that is not a plain text/],
  ['of a key that is not there', {}, { kid: 'two' }, /key that its issuer does not have/],
  ['whose issuer is away', { iss: 'https://down.example' }, {}, /cannot be had/],
  ['whose client is no plain text', { client_id: 'a\0' }, {}, /claim client_id/],
  ['whose kind is no text', {}, { typ: 5 }, /typ that is not a plain text/],
  ['for an object', { aud: {} }, {}, /aud that is neither/],
  ['with 101 scopes', { scope: 'system/Patient.rs '.repeat(101) }, {}, /accepted: 100 scopes/],
  ['with long scopes', { scope: ['a'.repeat(4000), 'b'.repeat(96)] }, {}, /4096 characters/],
  ['of another kind', {}, { typ: 'id+jwt' }, /not an access token/],
])('a token %s is refused', async (_, claims, header, expected) => {
  const said = await verdict(await sign({ ...good, ...claims }, header));
  expect(said).toMatch(/^invalid_token: /);
  expect(said).toMatch(expected);
});

test('a token signed by somebody else under the same kid is refused', async () => {
  expect(await verdict(await sign(good, {}, foreign.privateKey))).toMatch(
    /^invalid_token: .*signature/,
  );
});

test.each([
  ['nothing', ''],
  ['no JWT', 'abc'],
  ['three pieces of nothing', 'a.b.c'],
  ['too long', 'x'.repeat(20_000)],
])('%s is refused', async (_, token) => {
  expect(await verdict(token)).toMatch(/^invalid_token: /);
});

test.each([
  ['cut', (token: string) => token.slice(0, -4)],
  ['with other claims', (token: string) => swap(token, 1, { ...good, sub: 'eve' })],
  [
    'with alg none',
    (token: string) => `${swap(token, 0, { alg: 'none' }).split('.').slice(0, 2).join('.')}.`,
  ],
  ['with alg HS256', (token: string) => swap(token, 0, { alg: 'HS256', kid: 'one' })],
  ['with another algorithm', (token: string) => swap(token, 0, { alg: 'ES384', kid: 'one' })],
  [
    'with a critical extension',
    (token: string) => swap(token, 0, { alg: 'ES256', kid: 'one', crit: ['x'], x: 1 }),
  ],
])('a token %s is refused', async (_, change) => {
  expect(await verdict(change(await sign(good)))).toMatch(/^invalid_token: /);
});

function swap(token: string, index: number, value: object): string {
  const pieces = token.split('.');
  pieces[index] = Buffer.from(JSON.stringify(value)).toString('base64url');
  return pieces.join('.');
}

describe('claims', () => {
  const claims = {
    subject: ['preferred_username', 'sub'],
    client: ['azp'],
    scopes: ['realm_access.roles'],
    groups: ['https://example.org/groups'],
    patients: ['launch.patient'],
  };

  test('are found under configured names and paths', async () => {
    const token = await sign({
      ...good,
      preferred_username: 'Anna',
      azp: 'app',
      realm_access: { roles: ['system/*.rs', 7] },
      'https://example.org/groups': ['Group/1', '2'],
      launch: { patient: 'Patient/5 6 seven\0 Group/8' },
    });
    expect(await verifyAccessToken(token, { ...checks, claims })).toMatchObject({
      subject: 'Anna',
      client: 'app',
      scopes: ['system/*.rs'],
      groups: ['1', '2'],
      patients: ['5', '6'],
    });
  });

  test('that limit and are absent permit nothing', async () => {
    const verified = await verifyAccessToken(await sign(good), { ...checks, claims });
    expect(verified).toMatchObject({ subject: 'anna', scopes: [], groups: [], patients: [] });
  });
});
