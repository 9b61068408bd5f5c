import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withServer } from '../servers/available-servers.ts';
import { Deployment } from '../support/deployment.ts';
import { begin, checksums, finished, over, runExport } from '../support/export-client.ts';
import { proxiedStorages, type ProxiedStorage } from '../support/proxied-storage.ts';
import { storeSampleData } from '../support/sample-data.ts';
import type { TestService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** A key that fits its form and is none that the server knows. */
const wrongSecrets: Readonly<Record<string, string>> = {
  'secret-access-key': 'a-secret-that-nobody-gave-out',
  key: Buffer.from('a secret that nobody gave out').toString('base64'),
  'service-account-email': 'nobody@sluice.example',
};

function withWrongSecrets(accounts: readonly object[]): object[] {
  return accounts.map((account) =>
    Object.fromEntries(
      Object.entries(account).map(([name, value]) => [
        name,
        wrongSecrets[name] ?? (value as unknown),
      ]),
    ),
  );
}

async function writeAccounts(accounts: readonly object[]): Promise<string> {
  const path = join(await tempFolder('accounts'), 'accounts.json');
  await writeFile(path, JSON.stringify(accounts));
  return path;
}

/** What a whole export makes of a store that is not well. */
function storageFaults(start: () => Promise<ProxiedStorage>): void {
  let storage: ProxiedStorage;
  let deployment: Deployment;
  let base: string;
  let worker: TestService;

  beforeAll(async () => {
    storage = await start();
    deployment = await Deployment.create({
      ...storage.env,
      ACCOUNTS_FILE: await writeAccounts(storage.accounts),
    });
    await storeSampleData(deployment.database.pool, [
      { type: 'Observation', count: 2_000, bytes: 400 },
    ]);
    ({ base } = await deployment.startApi());
    worker = await deployment.startWorker();
  }, 60_000);
  afterAll(async () => {
    storage.proxy.reset();
    await deployment.drop();
    await storage.stop();
  });

  test('a store that answers 503 for twenty seconds is waited for', async () => {
    const undisturbed = await runExport(base);
    const { proxy } = storage;
    proxy.reset();
    const heal = proxy.inject({ kind: 'answer', status: 503 });
    const statusUrl = await begin(base);
    await waitFor(() => proxy.requests.length > 0, 10_000);
    const healAt = Date.now() + 20_000;
    await waitFor(() => Date.now() > healAt, 25_000);
    expect((await fetch(statusUrl)).status).toBe(202);
    heal();
    const manifest = await finished(statusUrl, 60_000);
    expect(checksums(manifest)).toEqual(checksums(undisturbed));
  }, 120_000);

  test('a wrong secret ends an export at once, with a cause that names everything but the secret', async () => {
    await worker.stop();
    const wrong = await deployment.startWorker(
      { ACCOUNTS_FILE: await writeAccounts(withWrongSecrets(storage.accounts)) },
      { readyPath: '/healthz' },
    );
    const answer = await over(await begin(base), 30_000);
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(text).toMatch(/(bucket|container) \\"exports\\"/);
    expect(text).toMatch(/refuses \w+/);
    for (const secret of Object.values(wrongSecrets).filter((value) => !value.includes('@'))) {
      expect(text + wrong.log()).not.toContain(secret);
    }
    expect(wrong.log()).not.toMatch(/[?&](X-Amz-Signature|X-Goog-Signature|sig)=/);
  }, 60_000);
}

describe.each(proxiedStorages)('an export to $name', ({ needs, start }) => {
  if (needs === undefined) storageFaults(start);
  else withServer(needs, () => storageFaults(start));
});
