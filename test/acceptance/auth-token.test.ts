import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { putClient } from '@sluice/postgres';
import {
  askAs,
  exportAs,
  keysIn,
  kickOffAs,
  SmartDeployment,
} from '../support/smart-deployment.ts';
import {
  assertionOf,
  formOf,
  makeKeys,
  registerClient,
  requestToken,
  tokenOf,
  tokenUrlOf,
  type Form,
  type SmartClient,
} from '../support/smart-client.ts';
import { waitFor } from '../support/wait-for.ts';

let smart: SmartDeployment;
let other: string;
let tokenUrl: string;
let client: SmartClient;
let narrow: SmartClient;
let rsa: SmartClient;
let stranger: SmartClient;
let disabled: SmartClient;
let keyServer: Server;
let served: object = { keys: [] };
let keySetUrl: string;

beforeAll(async () => {
  smart = await SmartDeployment.create();
  other = await smart.startApi({ BASE_URL: smart.base });
  tokenUrl = tokenUrlOf(smart.base);
  client = await registerClient(smart.deployment, 'loader');
  narrow = await registerClient(smart.deployment, 'narrow', { scopes: 'system/Patient.rs' });
  rsa = await registerClient(smart.deployment, 'rsa', {}, 'RS384');
  disabled = await registerClient(smart.deployment, 'disabled', { disabled: true });
  stranger = { id: 'stranger', ...(await makeKeys()) };
  keyServer = createServer((_req, res) => {
    res.setHeader('Cache-Control', 'max-age=3600');
    res.end(JSON.stringify(served));
  }).listen(0, '127.0.0.1');
  await once(keyServer, 'listening');
  keySetUrl = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/jwks`;
});
afterAll(async () => {
  keyServer.close();
  await smart.drop();
});

const seconds = (): number => Math.floor(Date.now() / 1000);
type Assertion = Parameters<typeof assertionOf>[2];

/** A request that is in order but for what is given. */
async function ask(
  change: Form = {},
  { by = client, ...assertion }: { by?: SmartClient } & NonNullable<Assertion> = {},
) {
  const signed = await assertionOf(by, tokenUrl, assertion);
  return await requestToken(tokenUrl, { ...formOf(signed), ...change });
}

describe('a token', () => {
  test.each(['ES384', 'RS384'] as const)('is given for an assertion signed by %s', async (alg) => {
    const answer = await ask({}, { by: alg === 'ES384' ? client : rsa });
    expect(answer.body).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'bearer',
      expires_in: 300,
      scope: 'system/*.rs',
    });
    expect([
      answer.status,
      answer.headers.get('cache-control'),
      answer.headers.get('pragma'),
    ]).toEqual([200, 'no-store', 'no-cache']);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });

  test.each([
    ['system/*.read', 'system/*.read'],
    ['system/*.*', 'system/*.read'],
    ['system/*.cruds', 'system/*.rs'],
    ['system/Patient.read system/Observation.rs', 'system/Patient.read system/Observation.rs'],
    ['system/Observation.rs?category=laboratory', 'system/Observation.rs?category=laboratory'],
    ['system/Patient.rs launch fhirUser user/*.read', 'system/Patient.rs'],
  ])('for %s is good for %s', async (scope, granted) => {
    expect((await ask({ scope })).body['scope']).toBe(granted);
  });

  test('with as many and as long scopes as can be granted is accepted', async () => {
    const scopes = Array.from({ length: 100 }, (_, n) => `system/Group.rs?_id=${n}`);
    scopes[0] = `${scopes[0]}${'x'.repeat(4096 - scopes.join(' ').length)}`;
    const scope = scopes.join(' ');
    expect(scope).toHaveLength(4096);
    const { status, body } = await ask({ scope });
    expect([status, body['scope']]).toEqual([200, scope]);
    const answer = await askAs(String(body['access_token']), `${smart.base}/Group?_id=one`);
    expect([answer.status, await answer.json()]).toMatchObject([200, { type: 'searchset' }]);
    expect((await ask({ scope: `${scope}x` })).body['error']).toBe('invalid_scope');
  });

  test('is good for what its client is registered for', async () => {
    expect((await ask({}, { by: narrow })).body['scope']).toBe('system/Patient.rs');
  });
});

describe('a bad request is refused', () => {
  const cases: [string, string, () => ReturnType<typeof ask>][] = [
    // The form. SPEC G-028 … G-033
    ['no grant_type', '400 invalid_request', () => ask({ grant_type: undefined })],
    ['an empty grant_type', '400 invalid_request', () => ask({ grant_type: '' })],
    [
      'another grant_type',
      '400 unsupported_grant_type',
      () => ask({ grant_type: 'authorization_code' }),
    ],
    [
      'grant_type twice',
      '400 invalid_request',
      () => ask({ grant_type: ['client_credentials', 'x'] }),
    ],
    ['no assertion type', '400 invalid_request', () => ask({ client_assertion_type: undefined })],
    ['another assertion type', '400 invalid_request', () => ask({ client_assertion_type: 'jwt' })],
    ['no assertion', '400 invalid_request', () => ask({ client_assertion: undefined })],
    ['an empty assertion', '400 invalid_request', () => ask({ client_assertion: '' })],
    ['two assertions', '400 invalid_request', () => ask({ client_assertion: ['a', 'b'] })],
    ['another client_id', '400 invalid_request', () => ask({ client_id: 'narrow' })],
    ['client_id twice', '400 invalid_request', () => ask({ client_id: ['loader', 'loader'] })],
    ['scope twice', '400 invalid_request', () => ask({ scope: ['system/*.rs', 'system/*.rs'] })],
    // Scopes. SPEC G-032, G-055 … G-064
    ['no scope', '400 invalid_scope', () => ask({ scope: undefined })],
    ['an empty scope', '400 invalid_scope', () => ask({ scope: '' })],
    ['only writing, version 1', '400 invalid_scope', () => ask({ scope: 'system/*.write' })],
    ['only writing, version 2', '400 invalid_scope', () => ask({ scope: 'system/*.cud' })],
    [
      'an unknown action',
      '400 invalid_scope',
      () => ask({ scope: 'system/Patient.unknownAction' }),
    ],
    ['letters out of order', '400 invalid_scope', () => ask({ scope: 'system/Patient.sr' })],
    ['an unknown type', '400 invalid_scope', () => ask({ scope: 'system/Unknown.read' })],
    ['a user’s scope', '400 invalid_scope', () => ask({ scope: 'user/*.read' })],
    ['launch', '400 invalid_scope', () => ask({ scope: 'launch fhirUser' })],
    ['an unknown search', '400 invalid_scope', () => ask({ scope: 'system/Patient.rs?a=b' })],
    [
      'a type it is not registered for',
      '400 invalid_scope',
      () => ask({ scope: 'system/Encounter.rs' }, { by: narrow }),
    ],
    // The assertion. SPEC G-034 … G-046
    ['garbage', '401 invalid_client', () => ask({ client_assertion: 'garbage' })],
    ['three pieces of garbage', '401 invalid_client', () => ask({ client_assertion: 'a.b.c' })],
    [
      'no signature',
      '401 invalid_client',
      async () =>
        ask({ client_assertion: `${(await signed()).split('.').slice(0, 2).join('.')}.` }),
    ],
    ['alg none', '401 invalid_client', () => ask({ client_assertion: unsigned({ alg: 'none' }) })],
    [
      'alg HS256',
      '401 invalid_client',
      () => ask({ client_assertion: unsigned({ alg: 'HS256' }) }),
    ],
    [
      'a broken signature',
      '401 invalid_client',
      async () => ask({ client_assertion: (await signed()).slice(0, -6) }),
    ],
    ['another’s signature', '401 invalid_client', () => ask({}, { key: stranger.privateKey })],
    ['an unknown client', '401 invalid_client', () => ask({}, { by: stranger })],
    ['a disabled client', '401 invalid_client', () => ask({}, { by: disabled })],
    ['no kid', '401 invalid_client', () => ask({}, { header: { kid: undefined } })],
    ['an unknown kid', '401 invalid_client', () => ask({}, { header: { kid: 'unknown' } })],
    ['no typ', '401 invalid_client', () => ask({}, { header: { typ: undefined } })],
    ['another typ', '401 invalid_client', () => ask({}, { header: { typ: 'at+jwt' } })],
    [
      'a jku that is not registered',
      '401 invalid_client',
      () => ask({}, { header: { jku: 'https://evil.example/jwks' } }),
    ],
    ['no iss', '401 invalid_client', () => ask({}, { claims: { iss: undefined } })],
    ['another iss', '401 invalid_client', () => ask({}, { claims: { iss: 'narrow' } })],
    ['no sub', '401 invalid_client', () => ask({}, { claims: { sub: undefined } })],
    ['another sub', '401 invalid_client', () => ask({}, { claims: { sub: 'narrow' } })],
    ['no aud', '401 invalid_client', () => ask({}, { claims: { aud: undefined } })],
    [
      'another aud',
      '401 invalid_client',
      () => ask({}, { claims: { aud: 'https://other.example/token' } }),
    ],
    ['the base as aud', '401 invalid_client', () => ask({}, { claims: { aud: smart.base } })],
    ['no exp', '401 invalid_client', () => ask({}, { claims: { exp: undefined } })],
    ['exp as text', '401 invalid_client', () => ask({}, { claims: { exp: `${seconds() + 60}` } })],
    ['exp in the past', '401 invalid_client', () => ask({}, { claims: { exp: seconds() - 120 } })],
    [
      'exp an hour ahead',
      '401 invalid_client',
      () => ask({}, { claims: { exp: seconds() + 3600 } }),
    ],
    ['nbf ahead', '401 invalid_client', () => ask({}, { claims: { nbf: seconds() + 200 } })],
    ['iat ahead', '401 invalid_client', () => ask({}, { claims: { iat: seconds() + 200 } })],
    ['no jti', '401 invalid_client', () => ask({}, { claims: { jti: undefined } })],
    ['a jti that is no text', '401 invalid_client', () => ask({}, { claims: { jti: 7 } })],
  ];
  const signed = (): Promise<string> => assertionOf(client, tokenUrl);
  const encode = (value: object): string =>
    Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = (header: object): string => {
    const claims = { iss: 'loader', sub: 'loader', aud: tokenUrl, exp: seconds() + 60, jti: 'x' };
    return `${encode({ ...header, typ: 'JWT', kid: client.publicKey.kid })}.${encode(claims)}.c2ln`;
  };

  test.each(cases)('%s: %s', async (_, expected, request) => {
    const { status, headers, body } = await request();
    expect(`${status} ${String(body['error'])}`).toBe(expected);
    expect(body).toEqual({
      error: body['error'],
      error_description: expect.stringMatching(/\w/) as string,
    });
    expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
    expect(headers.get('content-type')).toBe('application/json');
  });

  test.each([
    [
      'as JSON',
      { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } },
      400,
    ],
    ['without a body', { method: 'POST' }, 400],
    ['by GET', { method: 'GET' }, 405],
    ['with a body without end', { method: 'POST', body: 'x'.repeat(100_000) }, 413],
    [
      'with a password',
      {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials' }),
        headers: { authorization: 'Basic bG9hZGVyOng=' },
      },
      401,
    ],
  ])('%s, in the words of OAuth', async (_, init, status) => {
    const answer = await fetch(tokenUrl, init);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([status, 'no-store']);
    expect(await answer.json()).toHaveProperty('error');
  });
});

describe('an assertion is good once', () => {
  test('for all replicas, however many are asked at once', async () => {
    const assertion = await assertionOf(client, tokenUrl);
    const urls = [tokenUrl, tokenUrlOf(other)];
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => requestToken(urls[n % 2] ?? '', formOf(assertion))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      ...Array<number>(7).fill(401),
    ]);
    expect((await requestToken(tokenUrlOf(other), formOf(assertion))).body['error']).toBe(
      'invalid_client',
    );
  });

  test('also when no scope could be granted for it', async () => {
    const assertion = await assertionOf(client, tokenUrl);
    const refused = await requestToken(tokenUrl, formOf(assertion, 'system/*.write'));
    expect(refused.body['error']).toBe('invalid_scope');
    expect((await requestToken(tokenUrl, formOf(assertion))).body['error']).toBe('invalid_client');
  });

  test('but not when its signature is wrong: nobody uses up the ids of others', async () => {
    const claims = { jti: 'guessed' };
    const forged = await assertionOf(client, tokenUrl, { claims, key: stranger.privateKey });
    expect((await requestToken(tokenUrl, formOf(forged))).status).toBe(401);
    expect((await ask({}, { claims })).status).toBe(200);
  });
});

test('by JTI_REPLAY=on-grant an assertion is used up by a token only, and SMART_DISCOVERY_COMPAT names what refuses', async () => {
  const env = { JTI_REPLAY: 'on-grant', SMART_DISCOVERY_COMPAT: 'true', BASE_URL: smart.base };
  const base = await smart.startApi(env);
  const url = tokenUrlOf(base);
  const assertion = await assertionOf(client, tokenUrl);
  const verdict = async (scope: string): Promise<unknown> =>
    (await requestToken(url, formOf(assertion, scope))).body['error'] ?? 'granted';
  expect(await verdict('system/*.write')).toBe('invalid_scope');
  expect(await verdict('system/*.rs')).toBe('granted');
  expect(await verdict('system/*.rs')).toBe('invalid_client');
  const found = (await (await fetch(`${base}/.well-known/smart-configuration`)).json()) as object;
  expect(found).toMatchObject({
    authorization_endpoint: tokenUrl.replace(/token$/, 'authorize'),
    grant_types_supported: ['client_credentials', 'authorization_code'],
  });
  expect((await fetch(url.replace(/token$/, 'authorize'))).status).toBe(400);
});

test('a client rotates its keys while it polls: the new key is found, the old one no longer', async () => {
  const [first, second] = [await makeKeys(), await makeKeys('RS384')];
  served = { keys: [first.publicKey] };
  const registered = { id: 'remote', jwksUrl: keySetUrl, scopes: ['system/*.rs'], disabled: false };
  await putClient(smart.deployment.database.pool, registered);
  const before = { id: 'remote', ...first };
  const after = { id: 'remote', ...second };
  const kickOff = await kickOffAs(await tokenOf(before, smart.base), smart.base);
  const statusUrl = kickOff.headers.get('content-location') ?? '';
  served = { keys: [second.publicKey] };
  const isKnown = async (): Promise<boolean> =>
    (await requestToken(tokenUrl, formOf(await assertionOf(after, tokenUrl)))).status === 200;
  // A key that is not there is looked up anew, but not for every request that names one.
  await waitFor(isKnown, { timeoutMs: 20_000, what: 'the new key is found' });
  expect((await askAs(await tokenOf(after, smart.base), statusUrl)).status).toBeLessThan(300);
  const refused = await requestToken(tokenUrl, formOf(await assertionOf(before, tokenUrl)));
  expect(refused.body['error']).toBe('invalid_client');
});

test('the server rotates its keys while a client polls: tokens of both are good, on every replica', async () => {
  const token = await tokenOf(client, smart.base);
  const { statusUrl, manifest } = await exportAs(token, smart.base);
  const keyOf = (text: string): unknown =>
    (JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()) as { kid: unknown })
      .kid;
  const rotating = await smart.startApi({ BASE_URL: smart.base, SIGNING_KEY_LIFE: '1s' });
  const newToken = async (): Promise<string> => {
    const signed = await assertionOf(client, tokenUrl);
    return String((await requestToken(tokenUrlOf(rotating), formOf(signed))).body['access_token']);
  };
  let fresh = '';
  const isRotated = async (): Promise<boolean> =>
    keyOf((fresh = await newToken())) !== keyOf(token);
  await waitFor(isRotated, { timeoutMs: 20_000, what: 'another key signs' });
  for (const one of [token, fresh]) {
    for (const base of [smart.base, rotating]) {
      const url = statusUrl.replace(smart.base, base);
      expect((await askAs(one, url)).status).toBe(200);
    }
  }
  expect(await keysIn(fresh, manifest)).toHaveLength(12);
});

test('what is discovered is what there is', async () => {
  const roots = [smart.base, smart.base.replace(/\/fhir$/, '')];
  for (const root of roots) {
    const answer = await fetch(`${root}/.well-known/smart-configuration`, {
      headers: { accept: 'text/html' },
    });
    expect([
      answer.status,
      answer.headers.get('content-type'),
      answer.headers.get('access-control-allow-origin'),
    ]).toEqual([200, 'application/json', '*']);
    const found = (await answer.json()) as Record<string, unknown>;
    expect(found).toMatchObject({
      token_endpoint: tokenUrl,
      grant_types_supported: ['client_credentials'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
      code_challenge_methods_supported: ['S256'],
      capabilities: ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'],
    });
    const keys = (await (await fetch(String(found['jwks_uri']))).json()) as { keys: object[] };
    for (const key of keys.keys) expect(key).not.toHaveProperty('d');
    for (const scope of found['scopes_supported'] as string[]) {
      expect((await ask({ scope })).body['scope']).toBe(scope);
    }
  }
});
