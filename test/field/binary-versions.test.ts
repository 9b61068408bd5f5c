import { load } from '@sluice/loader';
import { purgeHistory } from '@sluice/postgres';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { registerClient, tokenOf } from '../support/smart-client.ts';
import { askAs, SmartDeployment, verdictOf } from '../support/smart-deployment.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { resource, to } from './field-store.ts';

/*
 * Binary/x/_history/v, which attachments of real data point to: who gets which version, and what is said of one that is no more.
 * By their securityContext Binaries belong to the patients zebra-1 and zebra-2.
 */

const binary = (id: string, content: string, patient = 'zebra-1'): object =>
  resource(`Binary/${id}`, {
    contentType: 'text/plain',
    securityContext: to(`Patient/${patient}`),
    data: Buffer.from(content).toString('base64'),
  });
const deletion = (id: string): object => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [{ request: { method: 'DELETE', url: `Binary/${id}` } }],
});

let smart: SmartDeployment;
const tokens: Record<string, string> = {};

/** Loads one file for each resource, so that each is a version of its own. */
async function store(...resources: readonly object[]): Promise<void> {
  for (const each of resources) {
    const path = join(await tempFolder('version'), 'lines.ndjson');
    await writeFile(path, `${JSON.stringify(each)}\n`);
    const problems: unknown[] = [];
    const { pool } = smart.deployment.database;
    await load({ pool, paths: [path], onProblem: (problem) => problems.push(problem) });
    expect(problems).toEqual([]);
  }
}

beforeAll(async () => {
  smart = await SmartDeployment.create();
  await store(
    ...['one', 'two', 'three'].map((content) => binary('changed', content)),
    ...[binary('moved', 'of zebra-2', 'zebra-2'), binary('moved', 'of zebra-1')],
    ...[binary('gone', 'was here'), deletion('gone')],
    ...[binary('back', 'first'), deletion('back'), binary('back', 'again')],
  );
  for (const [name, more] of Object.entries({
    all: {},
    limited: { patients: ['zebra-1'] },
    none: { scopes: 'system/Patient.rs' },
  })) {
    const client = await registerClient(smart.deployment, name, more);
    tokens[name] = await tokenOf(client, smart.base);
  }
}, 60_000);
afterAll(() => smart.drop());

async function answerTo(name: string | undefined, address: string): Promise<string> {
  const answer = await askAs(tokens[name ?? ''], `${smart.base}/Binary/${address}`);
  return answer.status === 200 ? await answer.text() : await verdictOf(answer);
}

test.each([
  ['changed', 'three', 'three'],
  ['changed/_history/1', 'one', 'one'],
  ['changed/_history/2', 'two', 'two'],
  ['changed/_history/3', 'three', 'three'],
  ['changed/_history/4', '404 not-found', '404 not-found'],
  ['moved/_history/1', 'of zebra-2', '404 not-found'],
  ['moved/_history/2', 'of zebra-1', 'of zebra-1'],
  ['gone', '410 deleted', '404 not-found'],
  ['gone/_history/1', 'was here', '404 not-found'],
  ['gone/_history/2', '410 deleted', '404 not-found'],
  ['gone/_history/9', '410 deleted', '404 not-found'],
  ['back', 'again', 'again'],
  ['back/_history/1', 'first', 'first'],
  ['back/_history/2', '410 deleted', '404 not-found'],
  ['never/_history/1', '404 not-found', '404 not-found'],
  ['ch_nged/_history/1', '404 not-found', '404 not-found'],
  [`changed/_history/${'1'.repeat(65)}`, '404 not-found', '404 not-found'],
])('Binary/%s', async (address, all, limited) => {
  expect([await answerTo('all', address), await answerTo('limited', address)]).toEqual([
    all,
    limited,
  ]);
});

test('without a token, or a scope for Binaries, there is no version to be had', async () => {
  expect(await answerTo(undefined, 'changed/_history/1')).toBe('401 login');
  expect(await answerTo('none', 'changed/_history/1')).toBe('403 forbidden');
  expect(await answerTo('none', 'never/_history/1')).toBe('403 forbidden');
});

test('a version has its own headers, and is read only', async () => {
  const url = `${smart.base}/Binary/changed/_history/2`;
  const answer = await askAs(tokens['all'], url, { headers: { accept: 'application/fhir+json' } });
  expect(answer.headers.get('etag')).toBe('W/"2"');
  const { id, meta } = (await answer.json()) as { id: string; meta: { versionId: string } };
  expect([id, meta.versionId]).toEqual(['changed', '2']);
  const refused = await askAs(tokens['all'], url, { method: 'DELETE' });
  expect(await verdictOf(refused)).toBe('405 not-supported');
});

test('with AUTH_MODE=none everybody reads every version', async () => {
  const open = await smart.startApi({ AUTH_MODE: 'none' });
  const answer = await fetch(`${open}/Binary/changed/_history/1`);
  expect([answer.headers.get('content-type'), await answer.text()]).toEqual(['text/plain', 'one']);
});

test('a version that is removed by HISTORY_RETENTION is not found any more', async () => {
  await store(binary('kept', 'old'), binary('kept', 'new'));
  expect(await answerTo('all', 'kept/_history/1')).toBe('old');
  const { pool } = smart.deployment.database;
  const isRemoved = async (): Promise<boolean> => {
    await purgeHistory(pool, 0);
    return (await answerTo('all', 'kept/_history/1')) === '404 not-found';
  };
  await waitFor(isRemoved, { timeoutMs: 20_000, what: 'the version is removed' });
  expect(await answerTo('all', 'kept/_history/2')).toBe('new');
});
