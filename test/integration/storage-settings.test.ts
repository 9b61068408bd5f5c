import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Deployment } from '../support/deployment.ts';
import { kickOff } from '../support/export-client.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { runSluice } from './cli-command.ts';

const method = 'aidbox.bulk/storage-healthcheck';
/** Takes out what the deployment has set. */
const unset = { BOX_FHIR_BULK_STORAGE_PROVIDER: '', FILE_STORAGE_DIR: '' };

let deployment: Deployment;
let accounts: string;

beforeAll(async () => {
  deployment = await Deployment.create();
  accounts = join(await tempFolder('accounts'), 'accounts.yaml');
  const aws = 'resourceType: AwsAccount\nid: aws\naccess-key-id: AKIA\nsecret-access-key: hush';
  const azure = 'resourceType: AzureContainer\nid: c\nstorage: s\ncontainer: x\naccount: {id: a}';
  await writeFile(accounts, `${aws}\n---\n${azure}\n`);
});
afterAll(() => deployment.drop());

interface Failure {
  readonly error: { readonly message: string; readonly faults: readonly object[] };
}

async function call(root: string, type: string, body: string): Promise<Response> {
  return await fetch(`${root}/rpc`, { method: 'POST', headers: { 'content-type': type }, body });
}

describe('over /rpc, in readiness, at kick-off and as a command', () => {
  test.each<[text: string, env: Record<string, string>]>([
    ['Storage-type not specified', {}],
    ['unsupported storage-type', { box_bulk__storage_backend: 's3' }],
    [
      'bulk-storage account not specified',
      { box_bulk__storage_backend: 'gcp', box_bulk__storage_gcp_bucket: 'b' },
    ],
    [
      'Account not found',
      {
        BOX_FHIR_BULK_STORAGE_PROVIDER: 'aws',
        BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT: 'other',
        BOX_FHIR_BULK_STORAGE_AWS_BUCKET: 'b',
      },
    ],
    [
      'Bucket is not specified',
      { box_bulk__storage_backend: 'aws', box_bulk__storage_aws_account: 'aws' },
    ],
    ['container not specified', { BOX_FHIR_BULK_STORAGE_PROVIDER: 'azure' }],
    [
      'Container not found',
      {
        BOX_FHIR_BULK_STORAGE_PROVIDER: 'azure',
        BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER: 'other',
      },
    ],
  ])('%s', async (text, settings) => {
    const env = { ...unset, ACCOUNTS_FILE: accounts, ...settings };
    const { api, base } = await deployment.startApi(env, { readyPath: '/healthz' });

    const json = await call(api.url, 'application/json', JSON.stringify({ method }));
    const answered = (await json.json()) as Failure;
    expect([json.status, json.headers.get('content-type')]).toEqual([422, 'application/json']);
    expect(answered.error.message).toBe(text);
    expect(answered.error.faults[0]).toEqual({
      message: text,
      remedy: expect.any(String) as string,
    });
    const yaml = await call(api.url, 'text/yaml', `method: ${method}\n`);
    expect([yaml.status, yaml.headers.get('content-type')]).toEqual([422, 'text/yaml']);
    expect(parse(await yaml.text())).toEqual(answered);

    const ready = await fetch(`${api.url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([503, { checks: { storage: text } }]);

    const refused = await kickOff(base, '/$export');
    const outcome = await refused.text();
    expect([refused.status, JSON.parse(outcome)]).toMatchObject([
      503,
      { resourceType: 'OperationOutcome' },
    ]);
    expect(outcome).toContain(`There is no storage for output files. ${text}: `);

    const { code, stdout, stderr } = await runSluice(['healthcheck'], env);
    expect([code, parse(stdout)]).toEqual([1, answered]);
    expect(stderr).toContain(`The storage does not work: ${text}`);
    expect(api.log() + outcome + stdout + stderr).not.toContain('hush');
    await api.stop();
  });
});

test('a worker ends with 78 and every fault at once', async () => {
  const env = { ...unset, WORKER_CONCURRENCY: 'many' };
  const failed = await deployment.startWorker(env).catch((error: unknown) => error as Error);
  expect(failed).toBeInstanceOf(Error);
  const { cause } = failed as { cause?: Error };
  expect(cause?.message).toMatch(/ended \(78\)/);
  expect(cause?.message).toMatch(/WORKER_CONCURRENCY is "many"[^]*Storage-type not specified: set/);
});

describe('a storage that works', () => {
  let root: string;

  beforeAll(async () => {
    const { api } = await deployment.startApi();
    root = api.url;
  });

  test.each([
    ['text/yaml', 'text/yaml', `method: ${method}`],
    ['text/x-yaml', 'text/x-yaml', `---\r\nmethod:   "${method}"  # check\r\n...\r\n`],
    ['application/yaml; charset=utf-8', 'application/yaml', `# check\nmethod: '${method}'\n`],
    ['application/json', 'application/json', JSON.stringify({ method, params: {} })],
  ])('is said to be so in %s', async (sent, answered, body) => {
    const answer = await call(root, sent, body);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, answered]);
    const report = parse(await answer.text()) as unknown;
    expect(report).toEqual({ result: { message: 'ok', storage: { type: 'file' } } });
  });

  test.each([
    ['a method that there is none of', 'text/yaml', 'method: aidbox.bulk/other', 422, 'unknown'],
    ['no method', 'text/yaml', 'id: 1', 400, 'no method'],
    ['YAML that is none', 'text/yaml', 'method: [', 400, 'no method'],
    ['aliases', 'text/yaml', 'a: &a [x]\nb: [*a, *a]\nmethod: x', 400, 'no method'],
    ['YAML of another form', 'text/yaml', `{method: ${method}}`, 400, 'no method'],
    ['YAML in the depths', 'text/yaml', '['.repeat(2000) + '{'.repeat(2000), 400, 'no method'],
    ['JSON in the depths', 'application/json', '['.repeat(4000), 400, 'no method'],
    ['JSON that is none', 'application/json', '{"method"', 400, 'no method'],
    ['a text', 'application/json', '"method"', 400, 'no method'],
    ['another type', 'text/html', '<p>', 415, 'unsupported media type'],
  ])('%s is refused in the type of the request', async (_what, type, body, status, text) => {
    const answer = await call(root, type, body);
    expect(answer.status).toBe(status);
    const answered = type === 'text/html' ? 'application/json' : type;
    expect(answer.headers.get('content-type')).toBe(answered);
    expect(parse(await answer.text())).toMatchObject({
      error: { message: expect.stringContaining(text) as unknown },
    });
  });

  test('a body that is too long is 413, and GET is 405', async () => {
    expect((await call(root, 'text/yaml', `method: ${'x'.repeat(4096)}`)).status).toBe(413);
    const got = await fetch(`${root}/rpc`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

test('old names work, and are warned of in the log', async () => {
  const env = { ...unset, FILE_STORAGE_DIR: deployment.files, box_bulk__storage_backend: 'file' };
  const { api } = await deployment.startApi(env);
  expect(api.log()).toContain('box_bulk__storage_backend is an old name');
  await api.stop();
});
