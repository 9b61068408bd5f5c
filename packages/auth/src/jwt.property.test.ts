import fc from 'fast-check';
import { verifyAccessToken } from './access-token.ts';
import { usualClaims } from './claims.ts';
import { checkAssertion } from './client-assertion.ts';
import { AuthError } from './errors.ts';
import { JwtError, readJwt } from './jwt.ts';

/*
 * Header and claims of strangers: whatever JSON they are, a token is refused as a token and an assertion as an assertion, and
 * nothing that a store could not take reaches it.
 */

const issuer = 'https://a.example';
const tokenUrl = 'https://fhir.example/auth/token';
const nasty = fc.constantFrom('\0', '\ud800', 'a\udc00b', '__proto__', 'x'.repeat(2000), '');
const value = fc.oneof(fc.jsonValue({ maxDepth: 4 }), nasty, fc.array(nasty, { maxLength: 3 }));
const named = (names: readonly string[]): fc.Arbitrary<object> =>
  fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
const oneOf = <T>(...good: T[]): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: fc.constantFrom(...good), weight: 4 }, value);

/** Often good, so that what comes after a check is reached as well. */
const often = <T>(arbitrary: fc.Arbitrary<T>): { arbitrary: fc.Arbitrary<T>; weight: number } => ({
  arbitrary,
  weight: 6,
});
const headers = fc.oneof(
  often(fc.record({ alg: oneOf('ES384', 'RS384'), kid: oneOf('one'), typ: oneOf('JWT') })),
  named(['alg', 'kid', 'typ', 'jku', 'crit', 'b64', 'jwk', 'x5c']),
  value,
);
const times = { exp: oneOf(1_700_000_060), nbf: oneOf(undefined), iat: oneOf(undefined) };
const anybody = fc.oneof(fc.constantFrom(issuer, 'one'), fc.string({ unit: 'binary' }), value);
const claims = fc.oneof(
  fc.record({
    iss: anybody,
    sub: oneOf('one'),
    aud: oneOf<unknown>('sluice', tokenUrl, [tokenUrl]),
    jti: oneOf('a'),
    client_id: value,
    scope: value,
    ...times,
  }),
  often(
    fc.record({ id: anybody, aud: oneOf(tokenUrl), jti: oneOf('a'), ...times }).map((given) => {
      const { id, ...others } = given;
      return { iss: id, sub: id, ...others };
    }),
  ),
  named(['iss', 'sub', 'aud', 'exp', 'jti', '__proto__', 'toString']),
  value,
);
const encode = (part: unknown): string =>
  Buffer.from(JSON.stringify(part) ?? 'undefined').toString('base64url');
const jwts = fc
  .tuple(headers, claims, fc.constantFrom('', 'c2ln', '!'))
  .map(([header, body, signature]) => `${encode(header)}.${encode(body)}.${signature}`);
const texts = fc.oneof(often(jwts), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));

const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  await work.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AuthError ? error.code : error),
  );

test('a token of any header and claims is an invalid token', async () => {
  const checks = {
    issuers: [{ issuer, findKey: () => Promise.resolve(undefined) }],
    audiences: ['sluice'],
    leewaySeconds: 60,
    claims: usualClaims,
    now: () => 1_700_000_000_000,
  };
  await fc.assert(
    fc.asyncProperty(texts, async (token) => {
      expect(await codeOf(verifyAccessToken(token, checks))).toBe('invalid_token');
    }),
    { numRuns: 1000 },
  );
});

test('an assertion of any header and claims is one of an invalid client, and no odd id is looked up', async () => {
  const sought: string[] = [];
  const checks = {
    audiences: [tokenUrl],
    leewaySeconds: 60,
    refusalMs: 0,
    remoteKeys: { find: () => Promise.resolve(undefined) },
    findClient: (id: string) => {
      sought.push(id);
      return Promise.resolve(undefined);
    },
    now: () => 1_700_000_000_000,
  };
  await fc.assert(
    fc.asyncProperty(texts, async (assertion) => {
      expect(await codeOf(checkAssertion(assertion, checks))).toBe('invalid_client');
    }),
    { numRuns: 1000 },
  );
  expect(sought.length).toBeGreaterThan(0);
  expect(sought.filter((id) => /[\0\p{Cs}]/u.test(id))).toEqual([]);
});

test.each([
  ['deep', `{"a":${'['.repeat(3000)}${']'.repeat(3000)}}`],
  ['broken and deep', `{"a":${'['.repeat(6000)}`],
  ['of many values', `[${'0,'.repeat(5000)}0]`],
])('a JWT whose claims are %s is refused', (_, text) => {
  const jwt = `${encode({ alg: 'ES384' })}.${Buffer.from(text).toString('base64url')}.c2ln`;
  expect(() => readJwt(jwt)).toThrow(JwtError);
});
