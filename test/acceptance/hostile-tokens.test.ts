import fc from 'fast-check';
import {
  assertionOf,
  bearer,
  formOf,
  registerClient,
  requestToken,
  tokenUrlOf,
  type SmartClient,
} from '../support/smart-client.ts';
import { SmartDeployment } from '../support/smart-deployment.ts';
import { TokenIssuer } from '../support/token-issuer.ts';

/*
 * Bearer tokens and client assertions of any JSON, through the whole service: 401 or 400, and never a fault. Those that are
 * signed may be let in or not.
 */

let smart: SmartDeployment;
let issuer: TokenIssuer;
let jwt: string;
let client: SmartClient;

beforeAll(async () => {
  issuer = await TokenIssuer.start('ES384');
  smart = await SmartDeployment.create();
  jwt = await smart.startApi({
    AUTH_MODE: 'jwt',
    AUTH_ISSUERS: issuer.url,
    AUTH_AUDIENCE: 'sluice',
    AUTH_CLAIM_GROUPS: 'groups',
    AUTH_CLAIM_PATIENTS: 'patients',
  });
  client = await registerClient(smart.deployment, 'loader');
});
afterAll(async () => {
  issuer.stop();
  await smart.drop();
});

const text = fc.constantFrom('\0', '\ud800', 'a\0b', '\udc00', 'sluice', '', 'x'.repeat(1500));
const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), text, fc.array(text, { maxLength: 3 }));
const others = (...names: string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] });
const header = others('alg', 'kid', 'typ', 'crit', 'jku', 'jwk', 'x5u', 'b64');
const claims = others(
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'scope', 'scp', 'client_id', 'groups'],
  ...['patients', 'azp', 'resource', '__proto__'],
);
const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const unsigned = (head: object, body: unknown): string => `${encode(head)}.${encode(body)}.c2ln`;

const runs = { numRuns: 100 };
const statusOf = async (token: string, base: string, path: string): Promise<number> => {
  const answer = await fetch(base + path, {
    headers: { ...bearer(token), accept: 'application/fhir+json', prefer: 'respond-async' },
  });
  await answer.arrayBuffer();
  return answer.status;
};
const good = (): object => ({ iss: issuer.url, sub: 'anna', aud: 'sluice', exp: 9_999_999_999 });

test('a bearer token that is not signed is 401, whatever is in it', async () => {
  await fc.assert(
    fc.asyncProperty(header, fc.oneof(claims, value), async (head, body) => {
      const sent = [
        unsigned(head, body),
        unsigned({ alg: 'ES384', typ: 'JWT', ...head }, { ...good(), ...(body as object) }),
      ];
      for (const token of sent) {
        expect(await statusOf(token, smart.base, '/Patient/zebra-1')).toBe(401);
        expect(await statusOf(token, jwt, '/Patient/zebra-1')).toBe(401);
      }
    }),
    runs,
  );
});

test('a token that its issuer has signed is let in or refused, whatever its claims', async () => {
  const paths = ['/Patient/zebra-1', '/$export-status', '/Patient/$export?_type=Patient'];
  await fc.assert(
    fc.asyncProperty(claims, fc.constantFrom(...paths), async (body, path) => {
      const token = await issuer.token({ scope: 'system/*.rs', ...good(), ...body });
      expect([200, 202, 401, 403, 404, 429]).toContain(await statusOf(token, jwt, path));
    }),
    runs,
  );
});

test('an assertion is 401 or 400 unless it is in order, whatever is in it', async () => {
  const tokenUrl = tokenUrlOf(smart.base);
  const own = { iss: 'loader', sub: 'loader', aud: tokenUrl, exp: 9_999_999_999, jti: 'x' };
  await fc.assert(
    fc.asyncProperty(header, fc.oneof(claims, value), async (head, body) => {
      for (const assertion of [
        unsigned(head, body),
        unsigned({ alg: 'ES384', typ: 'JWT', ...head }, { ...own, ...(body as object) }),
      ]) {
        expect([400, 401]).toContain((await requestToken(tokenUrl, formOf(assertion))).status);
      }
    }),
    runs,
  );
});

test('an assertion that is signed is accepted or refused, whatever its other claims', async () => {
  const tokenUrl = tokenUrlOf(smart.base);
  const more = others('nbf', 'iat', 'jti', 'aud', 'scope', 'resource', 'client_id', 'azp', 'cnf');
  await fc.assert(
    fc.asyncProperty(more, async (body) => {
      const assertion = await assertionOf(client, tokenUrl, { claims: body });
      expect([200, 400, 401]).toContain((await requestToken(tokenUrl, formOf(assertion))).status);
    }),
    runs,
  );
});

test('what is odd in refused tokens gets into the record, as text that can be read', async () => {
  const url = tokenUrlOf(smart.base);
  const sent = { iss: 'a\0b\ud800', sub: 'x', jti: 'x' };
  await requestToken(url, formOf(unsigned({ alg: 'ES384', kid: 'k', typ: 'JWT' }, sent)));
  const rows = await smart.deployment.query<{ n: number }>(
    `select count(*)::int as n from sluice.audit_events where action = 'refuse'`,
  );
  expect(rows[0]?.n).toBeGreaterThan(0);
});

test('the token endpoint is for no page of any origin', async () => {
  const init = { method: 'POST', headers: { origin: 'https://evil.example' } };
  const refused = await fetch(tokenUrlOf(smart.base), init);
  expect(refused.headers.get('access-control-allow-origin')).toBeNull();
  const body = new URLSearchParams(
    formOf(await assertionOf(client, tokenUrlOf(smart.base))) as Record<string, string>,
  );
  const granted = await fetch(tokenUrlOf(smart.base), { ...init, body });
  expect([granted.status, granted.headers.get('access-control-allow-origin')]).toEqual([200, null]);
  const asked = await fetch(tokenUrlOf(smart.base), { method: 'OPTIONS', headers: init.headers });
  expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([405, null]);
});
