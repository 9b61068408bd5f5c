import { readClient } from '@sluice/auth';
import { findClient, removeClient, replaceFileClients } from '@sluice/postgres';
import { importJWK, SignJWT } from 'jose';
import {
  askAs,
  exportAs,
  keysIn,
  kickOffAs,
  SmartDeployment,
  verdictOf,
  type Files,
} from '../support/smart-deployment.ts';
import {
  assertionOf,
  formOf,
  makeKeys,
  registerClient,
  requestToken,
  tokenOf,
  tokenUrlOf,
  type SmartClient,
} from '../support/smart-client.ts';
import { waitFor } from '../support/wait-for.ts';

let smart: SmartDeployment;
let base: string;
let right: SmartClient;
let other: SmartClient;
/** Everything that must not be logged. */
const secrets = new Set<string>();
const tokens: Record<string, string | undefined> = { none: undefined };
let statusUrl: string;
let manifest: Files;

async function token(client: SmartClient, scope?: string): Promise<string> {
  const text = await tokenOf(client, base, scope);
  secrets.add(text.split('.')[2] ?? text);
  return text;
}

/** A token that ended, signed by the deployment’s own key. */
async function expired(client: SmartClient): Promise<string> {
  const [row] = await smart.deployment.query<{
    jwk: { kid: string; d: string } & Record<string, string>;
  }>('select jwk from sluice.signing_keys order by created_at desc limit 1');
  if (row === undefined) throw new Error('no key');
  secrets.add(row.jwk.d);
  const now = Math.floor(Date.now() / 1000);
  const text = await new SignJWT({ scope: 'system/*.rs', client_id: client.id })
    .setProtectedHeader({ alg: 'ES384', kid: row.jwk.kid, typ: 'at+jwt' })
    .setSubject(client.id)
    .setIssuer(tokenUrlOf(base).replace(/\/token$/, ''))
    .setAudience(base)
    .setExpirationTime(now - 120)
    .sign(await importJWK(row.jwk, 'ES384'));
  secrets.add(text.split('.')[2] ?? text);
  return text;
}

beforeAll(async () => {
  smart = await SmartDeployment.create();
  ({ base } = smart);
  right = await registerClient(smart.deployment, 'right');
  other = await registerClient(smart.deployment, 'other');
  for (const { privateKey } of [right, other]) secrets.add(String(privateKey['d']));
  tokens['right'] = await token(right);
  tokens['other'] = await token(other);
  tokens['narrow'] = await token(right, 'system/Patient.rs');
  tokens['expired'] = await expired(right);
  tokens['garbage'] = 'not.a.token';
  ({ statusUrl, manifest } = await exportAs(tokens['right'] ?? '', base));
});
afterAll(() => smart.drop());

const states = ['none', 'garbage', 'expired', 'other', 'narrow', 'right'] as const;

describe('who gets in', () => {
  const fileOf = (type: string): string =>
    manifest.output.find((file) => file.type === type)?.url ?? '';
  const refused = '401 login';
  const kickOffHeaders = { accept: 'application/fhir+json', prefer: 'respond-async' };
  // Of each route, what the states above are answered.
  const routes: [string, () => string, object, string[]][] = [
    [
      'system export',
      () => `${base}/$export?_type=Encounter`,
      { headers: kickOffHeaders },
      [refused, refused, refused, '202', '403 forbidden', '202'],
    ],
    [
      'patient export',
      () => `${base}/Patient/$export?_type=Encounter`,
      { headers: kickOffHeaders },
      [refused, refused, refused, '202', '403 forbidden', '202'],
    ],
    [
      'group export',
      () => `${base}/Group/one/$export?_type=Encounter`,
      { headers: kickOffHeaders },
      [refused, refused, refused, '202', '403 forbidden', '202'],
    ],
    [
      'unknown group',
      () => `${base}/Group/none/$export`,
      { headers: kickOffHeaders },
      [refused, refused, refused, '404 not-found', '404 not-found', '404 not-found'],
    ],
    [
      'status',
      () => statusUrl,
      {},
      [refused, refused, refused, '404 not-found', '403 forbidden', '200'],
    ],
    [
      'status of nothing',
      () => `${base}/$export-status/99999999-9999-4999-8999-999999999999`,
      {},
      [refused, refused, refused, '404 not-found', '404 not-found', '404 not-found'],
    ],
    [
      'a file',
      () => fileOf('Encounter'),
      {},
      [refused, refused, refused, '404 not-found', '403 forbidden', '200'],
    ],
    [
      'a file of the narrow token’s type',
      () => fileOf('Patient'),
      {},
      [refused, refused, refused, '404 not-found', '200', '200'],
    ],
    [
      'a file that is not there',
      () => `${fileOf('Patient')}x`,
      {},
      [refused, refused, refused, '404 not-found', '404 not-found', '404 not-found'],
    ],
    [
      'an attachment without a signature',
      () => statusUrl.replace('$export-status', '$export-attachment') + '/note-1',
      {},
      [refused, refused, refused, '404 not-found', '403 forbidden', '403 forbidden'],
    ],
    [
      'the list of exports',
      () => `${base}/$export-status`,
      {},
      [refused, refused, refused, '200', '200', '200'],
    ],
    [
      'reading',
      () => `${base}/Encounter/enc-1`,
      {},
      [refused, refused, refused, '200', '403 forbidden', '200'],
    ],
    [
      'reading what the narrow token is good for',
      () => `${base}/Patient/zebra-1`,
      {},
      [refused, refused, refused, '200', '200', '200'],
    ],
    [
      'searching Groups',
      () => `${base}/Group?_id=one`,
      {},
      [refused, refused, refused, '200', '403 forbidden', '200'],
    ],
    [
      'an address that is not there',
      () => `${base}/nothing`,
      {},
      [refused, refused, refused, '404 not-found', '404 not-found', '404 not-found'],
    ],
    [
      'the wrong method',
      () => `${base}/$export`,
      { method: 'PUT' },
      [refused, refused, refused, '405 not-supported', '405 not-supported', '405 not-supported'],
    ],
    ['metadata', () => `${base}/metadata`, {}, ['200', '200', '200', '200', '200', '200']],
    [
      'discovery',
      () => `${base}/.well-known/smart-configuration`,
      {},
      ['200', '200', '200', '200', '200', '200'],
    ],
    [
      'deleting',
      () => statusUrl,
      { method: 'DELETE' },
      [refused, refused, refused, '404 not-found', '403 forbidden', '202'],
    ],
  ];

  test.each(routes)('%s', async (_, url, question, expected) => {
    const found: string[] = [];
    for (const state of states) {
      const answer = await askAs(tokens[state], url(), question);
      if (answer.status === 401) {
        expect(answer.headers.get('www-authenticate')).toMatch(
          /^Bearer realm="sluice", error="invalid_token", error_description="[^"]+"$/,
        );
      }
      found.push(await verdictOf(answer));
    }
    expect(found).toEqual(expected);
  });

  test.each([
    ['another scheme', { authorization: 'Basic bG9hZGVyOng=' }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['two words', { authorization: 'Bearer a b' }],
  ])('not by %s', async (_, headers) => {
    expect(await verdictOf(await askAs(undefined, `${base}/$export`, { headers }))).toBe(
      '401 login',
    );
  });

  test('not by a token in the URL, even beside one in the header', async () => {
    const answer = await askAs(tokens['right'], `${base}/Patient/zebra-1?access_token=x`);
    expect(await verdictOf(answer)).toBe('401 login');
  });
});

describe('what is exported', () => {
  const all = [
    'Binary/note-1',
    'Binary/note-2',
    'DocumentReference/doc-1',
    'Encounter/enc-1',
    'Group/both',
    'Group/one',
    'Observation/lab-1',
    'Observation/lab-2',
    'Observation/vital-1',
    'Patient/zebra-1',
    'Patient/zebra-2',
    'Patient/zebra-3',
  ];
  const labs = ['Observation/lab-1', 'Observation/lab-2'];
  const lab = 'system/Observation.rs?category=laboratory';

  test.each([
    ['everything', 'system/*.read', '/$export', all],
    [
      'the permitted types',
      'system/Patient.rs system/Encounter.read',
      '/$export',
      ['Encounter/enc-1', ...all.slice(-3)],
    ],
    ['the permitted rows', lab, '/$export', labs],
    [
      'of these the ones that match',
      lab,
      '/$export?_typeFilter=Observation?status=final',
      ['Observation/lab-1'],
    ],
    [
      'several kinds of rows',
      `${lab} system/Observation.rs?category=vital-signs`,
      '/$export',
      [...labs, 'Observation/vital-1'],
    ],
    [
      'at patient level',
      'system/Patient.rs?active=true',
      '/Patient/$export',
      ['Patient/zebra-1', 'Patient/zebra-2'],
    ],
    ['of a Group', 'system/Patient.rs system/Group.rs', '/Group/one/$export', ['Patient/zebra-1']],
  ])('%s: %s', async (_, scope, path, expected) => {
    const permitted = await token(right, scope);
    const { manifest: found } = await exportAs(permitted, base, path);
    expect(found.requiresAccessToken).toBe(true);
    expect(await keysIn(permitted, found)).toEqual(expected);
  });

  test('a type that is not permitted is told about when the client is lenient', async () => {
    const permitted = await token(right, 'system/Patient.rs');
    const { manifest: found } = await exportAs(
      permitted,
      base,
      '/$export?_type=Patient,Encounter',
      'respond-async, handling=lenient',
    );
    expect(await keysIn(permitted, found)).toEqual(all.slice(-3));
    const [error] = found.error;
    expect(await (await askAs(permitted, error?.url ?? '')).text()).toContain('Encounter');
  });

  test('some Groups and some patients are what a client can be limited to', async () => {
    const limited = await registerClient(smart.deployment, 'limited', {
      groups: ['both'],
      patients: ['zebra-1'],
    });
    const permitted = await token(limited);
    const verdict = async (path: string): Promise<string> =>
      await verdictOf(await kickOffAs(permitted, base, path));
    expect(await verdict('/Group/one/$export')).toBe('403 forbidden');
    expect(await verdict('/Patient/$export?patient=zebra-2')).toBe('403 forbidden');
    const own = [
      'DocumentReference/doc-1',
      'Encounter/enc-1',
      'Observation/lab-1',
      'Observation/vital-1',
      'Patient/zebra-1',
    ];
    for (const level of ['/Group/both/$export', '/Patient/$export', '/$export']) {
      const { manifest: found } = await exportAs(permitted, base, level);
      expect(await keysIn(permitted, found)).toEqual(own);
    }
    const read = async (path: string): Promise<string> =>
      await verdictOf(await askAs(permitted, base + path));
    expect(await read('/Observation/lab-1')).toBe('200');
    expect(await read('/Observation/lab-2')).toBe('404 not-found');
    expect(await read('/Group/both')).toBe('200');
    expect(await read('/Group/one')).toBe('404 not-found');
    const groups = (await (await askAs(permitted, `${base}/Group`)).json()) as { entry: object[] };
    expect(groups.entry).toHaveLength(1);
  });
});

test('an attachment needs the token and the signature in its URL, which is good for no other Binary', async () => {
  const { manifest: found } = await exportAs(
    tokens['right'] ?? '',
    base,
    '/$export?_type=DocumentReference',
  );
  const line = await (await askAs(tokens['right'], found.output[0]?.url ?? '')).text();
  const { content } = JSON.parse(line) as { content: { attachment: { url: string } }[] };
  const url = content[0]?.attachment.url ?? '';
  secrets.add(new URL(url).searchParams.get('signature') ?? '');
  const verdict = async (state: string, address = url): Promise<string> =>
    await verdictOf(await askAs(tokens[state], address));
  expect(await verdict('right')).toBe('200');
  expect(await verdict('none')).toBe('401 login');
  expect(await verdict('other')).toBe('404 not-found');
  expect(await verdict('narrow')).toBe('403 forbidden');
  expect(await verdict('right', url.replace(/\?.*/, ''))).toBe('403 forbidden');
  expect(await verdict('right', url.replace('note-1', 'note-2'))).toBe('403 forbidden');
});

test('the list shows one’s own exports, and all of them to an administrator', async () => {
  const admin = await registerClient(smart.deployment, 'admin', {
    scopes: 'system/*.rs system/bulk-admin',
  });
  const first = await kickOffAs(tokens['other'], base, '/$export?_type=Patient');
  const url = first.headers.get('content-location');
  const listed = async (text: string | undefined): Promise<(string | undefined)[]> => {
    const answer = await askAs(text, `${base}/$export-status`);
    const { exports } = (await answer.json()) as { exports: { url: string }[] };
    return exports.map((one) => one.url);
  };
  expect(await listed(tokens['other'])).toContain(url);
  expect(await listed(tokens['right'])).not.toContain(url);
  expect(await listed(await token(admin, 'system/bulk-admin'))).toContain(url);
  expect(await listed(await token(admin))).not.toContain(url);
});

test('/rpc is for administrators alone', async () => {
  const operator = await registerClient(smart.deployment, 'operator', {
    scopes: 'system/*.rs system/bulk-admin',
  });
  const statusWith = async (text: string | undefined): Promise<number> => {
    const headers = {
      'content-type': 'application/json',
      ...(text === undefined ? {} : { authorization: `Bearer ${text}` }),
    };
    const body = JSON.stringify({ method: 'aidbox.bulk/storage-healthcheck' });
    const answer = await fetch(`${new URL(base).origin}/rpc`, { method: 'POST', headers, body });
    return answer.status;
  };
  expect(await statusWith(undefined)).toBe(401);
  expect(await statusWith(tokens['right'])).toBe(403);
  expect(await statusWith(await token(operator, 'system/bulk-admin'))).toBe(200);
});

test('a client that is disabled is out at once, with the tokens that it has', async () => {
  const client = await registerClient(smart.deployment, 'leaving');
  const text = await token(client);
  expect((await askAs(text, `${base}/$export-status`)).status).toBe(200);
  await smart.deployment.query(`update sluice.clients set disabled = true where id = 'leaving'`);
  expect(await verdictOf(await askAs(text, `${base}/$export-status`))).toBe('401 login');
});

describe('an id that is registered again', () => {
  test('has the exports and tokens of the client before while that is described anew, and none once it was removed', async () => {
    const { pool } = smart.deployment.database;
    const before = await token(await registerClient(smart.deployment, 'again'));
    const own = await exportAs(before, base, '/$export?_type=Patient');
    const described = await token(await registerClient(smart.deployment, 'again'));
    const file = own.manifest.output[0]?.url ?? '';
    for (const text of [before, described]) {
      expect((await askAs(text, own.statusUrl)).status).toBe(200);
      expect((await askAs(text, file)).status).toBe(200);
    }
    expect(await removeClient(pool, 'again')).toBe(true);
    const after = await token(await registerClient(smart.deployment, 'again'));
    for (const text of [before, described]) {
      expect(await verdictOf(await askAs(text, own.statusUrl))).toBe('401 login');
    }
    for (const url of [own.statusUrl, file]) {
      expect(await verdictOf(await askAs(after, url))).toBe('404 not-found');
    }
    const deleted = await askAs(after, own.statusUrl, { method: 'DELETE' });
    expect(await verdictOf(deleted)).toBe('404 not-found');
    expect(await (await askAs(after, `${base}/$export-status`)).json()).toEqual({ exports: [] });
  });

  test('is another client also when it is CLIENTS_FILE that drops and takes it up', async () => {
    const { pool } = smart.deployment.database;
    const { publicKey } = await makeKeys();
    const client = readClient({ id: 'of-file', jwks: { keys: [publicKey] } });
    const generation = async (): Promise<string | undefined> =>
      (await findClient(pool, 'of-file'))?.generation;
    const generations = [];
    for (const clients of [[client], [client], [], [client]]) {
      await replaceFileClients(pool, clients);
      generations.push(await generation());
    }
    const [first, same, gone, again] = generations;
    expect([same, gone]).toEqual([first, undefined]);
    expect(again).not.toBe(first);
  });
});

test('with signed URLs files need no token, and neither tampering nor time gets past the signature', async () => {
  const signed = await smart.startApi({
    FILE_ACCESS: 'signed',
    SIGNED_URL_TTL: '1s',
    BASE_URL: base,
  });
  const { statusUrl: url } = await exportAs(tokens['right'] ?? '', base, '/$export?_type=Patient');
  const poll = url.replace(base, signed);
  const fresh = async (): Promise<string> => {
    const { requiresAccessToken, output } = (await (
      await askAs(tokens['right'], poll)
    ).json()) as Files;
    expect(requiresAccessToken).toBe(false);
    const file = (output[0]?.url ?? '').replace(base, signed);
    secrets.add(new URL(file).searchParams.get('signature') ?? '');
    return file;
  };
  expect((await fetch(await fresh())).status).toBe(200);
  expect((await askAs('not.a.token', await fresh())).status).toBe(200);
  const file = await fresh();
  expect((await fetch(file.replace('Patient-', 'Encounter-'))).status).toBe(403);
  expect((await fetch(file.replace(/expires=\d+/, 'expires=9999999999'))).status).toBe(403);
  expect((await fetch(file.replace(/&signature=.*/, ''))).status).toBe(403);
  const isOver = async (): Promise<boolean> => (await fetch(file)).status === 403;
  await waitFor(isOver, { what: 'the URL has expired' });
  expect(await verdictOf(await askAs(undefined, poll))).toBe('401 login');
});

test('slots can be each client’s own, and of a number of its own', async () => {
  const own = await smart.startApi({
    EXPORT_SLOT_SCOPE: 'client',
    EXPORT_SLOTS: '1',
    BASE_URL: base,
  });
  const two = await registerClient(smart.deployment, 'two-slots', { slots: 2 });
  const [one, more] = [
    await token(await registerClient(smart.deployment, 'one-slot')),
    await token(two),
  ];
  // Nothing takes these up: what matters is what is active.
  await smart.deployment
    .query(`insert into sluice.exports (id, kick_off, subject, client, slot, folder, transaction_time)
    select gen_random_uuid(), '{"level":"system"}', c, c, 'client:' || c || '/0', gen_random_uuid(), now() from unnest(array['one-slot','two-slots']) c`);
  expect(await verdictOf(await kickOffAs(one, own))).toBe('429 throttled');
  expect((await kickOffAs(more, own)).status).toBe(202);
});

describe('the record', () => {
  interface Row {
    action: string;
    succeeded: boolean;
    subject: string | null;
    address: string | null;
    detail: Record<string, unknown>;
  }
  const recordOf = async (url: string): Promise<Row[]> =>
    await smart.deployment.query<Row>(
      'select action, succeeded, subject, address, detail from sluice.audit_events where export_id = $1 order by number',
      [url.split('/').at(-1)],
    );

  test('tells of kick-off, completion, downloads, refused attempts, cancellation and expiry', async () => {
    const { statusUrl: url, manifest: found } = await exportAs(
      tokens['right'] ?? '',
      base,
      '/Patient/$export',
    );
    await keysIn(tokens['right'], found);
    await askAs(tokens['other'], url);
    await askAs(tokens['right'], url, { method: 'DELETE' });
    const actions = async (): Promise<string[]> =>
      (await recordOf(url)).map(({ action }) => action);
    const isExpired = async (): Promise<boolean> => {
      const done = await actions();
      return done.includes('expire') && done.includes('refuse');
    };
    await waitFor(isExpired, { timeoutMs: 20_000, what: 'the export has expired' });
    const record = await recordOf(url);
    expect(new Set(record.map(({ action }) => action))).toEqual(
      new Set(['kick-off', 'complete', 'download', 'refuse', 'cancel', 'expire']),
    );
    expect(record.filter(({ action }) => action === 'download')).toHaveLength(found.output.length);
    expect(record.find(({ action }) => action === 'complete')?.detail).toEqual({
      resources: { Patient: 3, Observation: 3, Encounter: 1, DocumentReference: 1 },
      deleted: 0,
      patients: 3,
    });
    expect(record.find(({ action }) => action === 'refuse')).toMatchObject({
      subject: 'other',
      succeeded: false,
    });
    for (const { action, subject, address } of record) {
      if (action !== 'refuse') expect(subject).toBe('right');
      if (!['complete', 'expire'].includes(action)) expect(address).toMatch(/127\.0\.0\.1/);
    }
  });

  test.each([
    `update sluice.audit_events set subject = 'nobody'`,
    'delete from sluice.audit_events',
    'truncate sluice.audit_events',
  ])('cannot be changed: %s', async (statement) => {
    await expect(smart.deployment.query(statement)).rejects.toThrow(/only be added to/);
  });

  test('has every refused attempt in it, one by one or counted, whatever texts come with it', async () => {
    const { api, base: own } = await smart.deployment.startApi({ BASE_URL: base });
    const names = ['a\0b', 'half \ud800', 'x'.repeat(60_000), ...Array<string>(107).fill('y')];
    const [last] = await smart.deployment.query<{ number: string }>(
      'select coalesce(max(number), 0) as number from sluice.audit_events',
    );
    for (const name of names) {
      const form = { ...formOf('not.an.assertion'), client_id: name };
      expect((await requestToken(tokenUrlOf(own), form)).status).toBe(401);
    }
    await api.stop();
    const rows = await smart.deployment.query<{
      client: string | null;
      more: number | null;
    }>(
      `select detail ->> 'claimedClient' as client, (detail ->> 'more')::int as more
         from sluice.audit_events where number > $1 and action = 'refuse' order by number`,
      [last?.number],
    );
    expect(rows.map(({ client }) => client).slice(0, 3)).toEqual([
      'a\ufffdb',
      'half \ufffd',
      `${'x'.repeat(2000)}… 58000 more`,
    ]);
    expect(rows.filter(({ client }) => client !== null)).toHaveLength(100);
    expect(rows.map(({ more }) => more)).toContain(10);
  });

  test('has no secret and no patient in it', async () => {
    const rows = await smart.deployment.query<{ text: string }>(
      'select a::text as text from sluice.audit_events a',
    );
    const text = rows.map((row) => row.text).join('\n');
    for (const secret of [...secrets, 'zebra-']) expect(text.includes(secret)).toBe(false);
  });
});

test('what is logged has no token, assertion, key, signature or patient in it', async () => {
  const assertion = await assertionOf(right, tokenUrlOf(base));
  await fetch(tokenUrlOf(base), {
    method: 'POST',
    body: new URLSearchParams({ client_assertion: assertion }),
  });
  await askAs(assertion, `${base}/Patient/zebra-1?access_token=${assertion}`);
  secrets.add(assertion.split('.')[2] ?? '');
  const log = smart.log();
  expect(log).toContain('"route":"/fhir/$export-file/:id/:name"');
  for (const secret of [...secrets, 'zebra-', 'signature=', 'eyJ', 'Bearer ']) {
    expect([secret.slice(0, 12), log.includes(secret)]).toEqual([secret.slice(0, 12), false]);
  }
});
