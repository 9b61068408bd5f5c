import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startSluice } from '../integration/cli-command.ts';
import {
  askAs,
  exportAs,
  keysIn,
  kickOffAs,
  SmartDeployment,
  verdictOf,
} from '../support/smart-deployment.ts';
import { makeKeys, tokenOf, type SmartClient } from '../support/smart-client.ts';
import { TokenIssuer } from '../support/token-issuer.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

describe('AUTH_MODE=jwt', () => {
  let issuers: [TokenIssuer, TokenIssuer];
  let served: SmartDeployment;
  beforeAll(async () => {
    issuers = [await TokenIssuer.start('ES384'), await TokenIssuer.start('RS384')];
    served = await SmartDeployment.create({
      AUTH_MODE: 'jwt',
      AUTH_ISSUERS: `${issuers[0].url}, ${issuers[1].url} ${issuers[1].url}/keys`,
      AUTH_AUDIENCE: 'sluice',
      AUTH_CLAIM_SCOPES: 'realm.roles,scope',
      AUTH_CLAIM_GROUPS: 'groups',
    });
  });
  afterAll(async () => {
    for (const issuer of issuers) issuer.stop();
    await served.drop();
  });

  const anna = { sub: 'anna', scope: 'openid system/*.rs', groups: ['one'] };

  test('tokens of each issuer are good for what they say', async () => {
    for (const issuer of issuers) {
      const token = await issuer.token(anna);
      const { manifest } = await exportAs(token, served.base, '/Group/one/$export?_type=Patient');
      expect(await keysIn(token, manifest)).toEqual(['Patient/zebra-1']);
      expect(await verdictOf(await kickOffAs(token, served.base, '/Group/both/$export'))).toBe(
        '403 forbidden',
      );
    }
  });

  test('scopes come from the first of the configured claims', async () => {
    const token = await issuers[0].token({ ...anna, realm: { roles: ['system/Patient.rs'] } });
    expect(await verdictOf(await askAs(token, `${served.base}/Encounter/enc-1`))).toBe(
      '403 forbidden',
    );
  });

  test('the same name at another issuer is somebody else', async () => {
    const [first, second] = [await issuers[0].token(anna), await issuers[1].token(anna)];
    const accepted = await kickOffAs(first, served.base, '/Group/one/$export');
    const url = accepted.headers.get('content-location') ?? '';
    expect((await askAs(await issuers[0].token(anna), url)).status).toBeLessThan(300);
    expect(await verdictOf(await askAs(second, url))).toBe('404 not-found');
  });

  test.each([
    ['has expired', { exp: 1 }],
    ['is for somebody else', { aud: 'other' }],
    ['is of another issuer', { iss: 'https://other.example' }],
    ['is of nobody', { sub: undefined }],
  ])('a token that %s is refused', async (_, claims) => {
    const token = await issuers[0].token({ ...anna, ...claims });
    expect(await verdictOf(await kickOffAs(token, served.base))).toBe('401 login');
  });

  test('an issuer rotates its keys', async () => {
    expect(
      (await askAs(await issuers[0].token(anna), `${served.base}/Patient/zebra-1`)).status,
    ).toBe(200);
    issuers[0].keys = await makeKeys('RS384');
    const isKnown = async (): Promise<boolean> =>
      (await askAs(await issuers[0].token(anna), `${served.base}/Patient/zebra-1`)).status === 200;
    await waitFor(isKnown, { timeoutMs: 20_000, what: 'the new key is found' });
  });

  test('there is no token endpoint here, and no document that names one', async () => {
    const answer = await fetch(`${served.base}/.well-known/smart-configuration`);
    expect(await verdictOf(answer)).toBe('404 not-found');
    expect(
      (await fetch(served.base.replace(/fhir$/, 'auth/token'), { method: 'POST' })).status,
    ).toBe(404);
  });
});

describe('AUTH_MODE=smart', () => {
  let served: SmartDeployment;
  let folder: string;
  let file: string;
  let described: SmartClient;
  const sluice = async (...args: string[]) => await startSluice(args, served.deployment.env).ended;
  const describeClient = async (more: object): Promise<void> => {
    const client = { id: described.id, jwks: { keys: [described.publicKey] }, ...more };
    // Replaced as a whole, as Kubernetes does.
    await writeFile(`${file}.new`, JSON.stringify({ clients: [client] }));
    await rename(`${file}.new`, file);
  };
  beforeAll(async () => {
    folder = await tempFolder('clients');
    file = join(folder, 'clients.json');
    described = { id: 'described', ...(await makeKeys()) };
    await describeClient({ scopes: 'system/Patient.rs' });
    // Short-lived tokens, so that a client has to renew them while it follows an export.
    served = await SmartDeployment.create({
      CLIENTS_FILE: file,
      TOKEN_TTL: '1s',
      AUTH_LEEWAY: '0s',
    });
  });
  afterAll(() => served.drop());

  test('CLIENTS_FILE describes clients, and what changes in it takes effect', async () => {
    const scopesOf = async (): Promise<unknown> => {
      const token = await tokenOf(described, served.base).catch(() => '');
      const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}';
      return (JSON.parse(payload) as { scope?: string }).scope;
    };
    expect(await scopesOf()).toBe('system/Patient.rs');
    const refused = await sluice('client', 'remove', 'described');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('CLIENTS_FILE')]);
    await describeClient({ scopes: 'system/Group.rs' });
    const isOther = async (): Promise<boolean> => (await scopesOf()) === 'system/Group.rs';
    await waitFor(isOther, { timeoutMs: 20_000, what: 'the change takes effect' });
    await writeFile(file, '{"clients": [{"id": "broken"}]}');
    await waitFor(() => served.log().includes('CLIENTS_FILE not understood'), {
      timeoutMs: 20_000,
    });
    expect(await scopesOf()).toBe('system/Group.rs');
    await writeFile(file, '{"clients": []}');
    await waitFor(async () => (await scopesOf()) === undefined, {
      timeoutMs: 20_000,
      what: 'the client is gone',
    });
  });

  test('a client is added, exports with renewed tokens, has a receipt, and is removed, all by commands', async () => {
    const key = join(folder, 'loader.jwk');
    const out = join(folder, 'out');
    const added = await sluice(
      'client',
      'add',
      'loader',
      '--new-key',
      key,
      '--scopes',
      'system/Patient.rs system/Group.rs',
    );
    expect([added.code, added.stderr]).toEqual([0, '']);
    const credentials = ['--base', served.base, '--client-id', 'loader', '--key', key];
    const exported = await sluice(
      'export',
      '--out',
      out,
      ...credentials,
      '--group',
      'both',
      '--json',
    );
    expect([exported.code, exported.stderr]).toEqual([0, expect.stringContaining('Export ')]);
    const { statusUrl, files } = JSON.parse(exported.stdout) as {
      statusUrl: string;
      files: { type: string; name: string }[];
    };
    expect(files.map(({ type }) => type)).toEqual(['Patient']);
    expect(
      (await readFile(join(out, files[0]?.name ?? ''), 'utf8')).trim().split('\n'),
    ).toHaveLength(2);

    const status = await sluice('status', statusUrl, '--client-id', 'loader', '--key', key);
    expect(status.stdout).toContain('Completed: 2 resources');
    const receipt = await sluice('receipt', statusUrl.split('/').at(-1) ?? '');
    expect(receipt.stdout).toMatch(/client +loader/);
    expect(receipt.stdout).toMatch(/patients +2/);
    expect(receipt.stdout).toMatch(/download +loader +\S*127\.0\.0\.1 +Patient-/);
    const fhir = await sluice('receipt', statusUrl.split('/').at(-1) ?? '', '--fhir');
    for (const line of fhir.stdout.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ resourceType: 'AuditEvent' });
    }

    await sluice('client', 'disable', 'loader');
    const disabled = await sluice('cancel', statusUrl, '--client-id', 'loader', '--key', key);
    expect([disabled.code, disabled.stderr]).toEqual([
      1,
      expect.stringContaining('invalid_client'),
    ]);
    await sluice('client', 'enable', 'loader');
    expect((await sluice('cancel', statusUrl, '--client-id', 'loader', '--key', key)).code).toBe(0);
    expect((await sluice('client', 'list')).stdout).toMatch(/loader +enabled +command/);
    expect((await sluice('client', 'show', 'loader')).stdout).not.toContain('"d"');
    expect((await sluice('client', 'remove', 'loader')).stdout).toBe('Client loader is removed.\n');
    expect((await sluice('client', 'show', 'loader')).code).toBe(1);
  }, 120_000);

  test('whoever removes a client learns what it leaves, and can end that too', async () => {
    const key = join(folder, 'leaving.jwk');
    await sluice('client', 'add', 'leaving', '--new-key', key, '--scopes', 'system/Patient.rs');
    const credentials = ['--base', served.base, '--client-id', 'leaving', '--key', key];
    const out = join(folder, 'leaving');
    const exported = await sluice('export', '--out', out, ...credentials, '--json');
    const { statusUrl } = JSON.parse(exported.stdout) as { statusUrl: string };
    const stateOf = (): Promise<string | undefined> =>
      served.deployment.stateOf(statusUrl.split('/').at(-1) ?? '');

    const removed = await sluice('client', 'remove', 'leaving');
    expect(removed.stdout).toMatch(
      /^Client leaving is removed\.\nIt leaves 0 unfinished and 1 completed/,
    );
    expect(removed.stdout).toMatch(/at the latest 20\d\d-/);
    expect(await stateOf()).toBe('completed');
    const ended = await sluice('client', 'remove', 'leaving', '--cancel-exports');
    expect([ended.code, ended.stdout]).toEqual([
      0,
      expect.stringMatching(/^1 of its exports cancelled/),
    ]);
    await waitFor(async () => (await stateOf()) === 'expired', {
      timeoutMs: 20_000,
      what: 'the files are gone',
    });
    const unknown = await sluice('client', 'remove', 'leaving', '--cancel-exports');
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('no client')]);
  }, 120_000);
});
