import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withServer } from '../servers/available-servers.ts';
import { Deployment } from '../support/deployment.ts';
import { begin, checksums, finished, over, type Manifest } from '../support/export-client.ts';
import { checkLog } from '../support/log-secrets.ts';
import { proxiedStorages, type Provider, type ProxiedStorage } from '../support/proxied-storage.ts';
import { storeSampleData } from '../support/sample-data.ts';
import type { TestService } from '../support/service.ts';
import {
  storageMistakes,
  toldWithoutSigning,
  type StorageMistake,
} from '../support/storage-mistakes.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

async function writeAccounts(accounts: readonly object[]): Promise<string> {
  const path = join(await tempFolder('accounts'), 'accounts.json');
  await writeFile(path, JSON.stringify(accounts));
  return path;
}

/** Resources with some of the members they have set anew. */
function changed(accounts: readonly object[], changes: Readonly<Record<string, string>>): object[] {
  return accounts.map((account) => {
    const present = Object.entries(changes).filter(([name]) => name in account);
    return { ...account, ...Object.fromEntries(present) };
  });
}

/** What a whole export makes of a store that is not well, or of a worker that may not use it. */
function storageFaults(name: Provider, start: () => Promise<ProxiedStorage>): void {
  let storage: ProxiedStorage;
  let deployment: Deployment;
  let base: string;
  let worker: TestService;
  /** An export that nothing has disturbed. */
  let statusUrl: string;
  let undisturbed: Manifest;

  beforeAll(async () => {
    storage = await start();
    deployment = await Deployment.create({
      ...storage.env,
      ACCOUNTS_FILE: await writeAccounts(storage.accounts),
    });
    // Enough for an object that is written in several parts.
    await storeSampleData(deployment.database.pool, [
      { type: 'Observation', count: 2_000, bytes: 5_000 },
    ]);
    ({ base } = await deployment.startApi());
    worker = await deployment.startWorker();
    statusUrl = await begin(base);
    undisturbed = await finished(statusUrl);
  }, 60_000);
  afterEach(async () => {
    await storage.heal();
    await worker.stop();
  });
  afterAll(async () => {
    await deployment.drop();
    await storage.stop();
  });

  test('a store that answers 503 for twenty seconds is waited for', async () => {
    const { proxy } = storage;
    proxy.reset();
    const heal = proxy.inject({ kind: 'answer', status: 503 });
    const disturbed = await begin(base);
    await waitFor(() => proxy.requests.length > 0, 10_000);
    const healAt = Date.now() + 20_000;
    await waitFor(() => Date.now() > healAt, 25_000);
    expect((await fetch(disturbed)).status).toBe(202);
    heal();
    const manifest = await finished(disturbed, 60_000);
    expect(checksums(manifest)).toEqual(checksums(undisturbed));
  }, 120_000);

  const startMistaken = async (mistake: StorageMistake): Promise<Record<string, string>> => {
    const { env: change, account = {}, denied } = mistake;
    if (denied !== undefined) await storage.deny(denied);
    const accounts = await writeAccounts(changed(storage.accounts, account));
    const env = { ...change?.(storage.env), ACCOUNTS_FILE: accounts };
    // The one that may do everything, where no test has ended it.
    await worker.stop();
    worker = await deployment.startWorker(env, { readyPath: '/healthz' });
    return env;
  };

  const mistakes = storageMistakes[name];
  const harmless = mistakes.filter(({ ends }) => ends === 'completed');

  test.each(mistakes.filter(({ ends }) => ends === 'failed'))(
    '$what fails an export within 30 s, with what to do',
    async (mistake) => {
      const env = await startMistaken(mistake);
      const answer = await over(await begin(base), 30_000);
      const text = await answer.text();
      expect([answer.status, textOf(text)]).toEqual([
        500,
        expect.stringContaining(mistake.told ?? ''),
      ]);
      checkLog(text, env);
    },
    60_000,
  );

  if (harmless.length > 0) {
    test.each(harmless)(
      '$what lets an export complete; what is missing, readiness tells',
      async (mistake) => {
        await startMistaken(mistake);
        const manifest = await finished(await begin(base), 30_000);
        expect(checksums(manifest)).toEqual(checksums(undisturbed));
        const ready = await fetch(`${worker.url}/readyz`);
        expect([ready.status, await ready.text()]).toEqual([
          mistake.told === undefined ? 200 : 503,
          expect.stringContaining(mistake.told ?? 'ready'),
        ]);
      },
      60_000,
    );
  }

  const told = toldWithoutSigning[name];
  if (told === undefined) return;

  test('an API that may not sign URLs says so in place of the manifest', async () => {
    const { env, accounts } = (await storage.accessWithoutSigning?.()) ?? storage;
    const { api } = await deployment.startApi(
      { ...env, ACCOUNTS_FILE: await writeAccounts(accounts) },
      { readyPath: '/healthz' },
    );
    const answer = await fetch(new URL(new URL(statusUrl).pathname, api.url));
    const text = await answer.text();
    expect([answer.status, textOf(text)]).toEqual([503, expect.stringContaining(told)]);
    checkLog(text, env);
    await api.stop();
  }, 60_000);
}

/** What an OperationOutcome says. */
function textOf(outcome: string): string | undefined {
  const { issue } = JSON.parse(outcome) as { issue?: { details: { text: string } }[] };
  return issue?.[0]?.details.text;
}

describe.each(proxiedStorages)('an export to $name', ({ name, needs, start }) => {
  if (needs === undefined) storageFaults(name, start);
  else withServer(needs, () => storageFaults(name, start));
});
