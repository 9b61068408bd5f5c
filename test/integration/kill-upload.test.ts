import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withServer } from '../servers/available-servers.ts';
import type { Fault } from '../servers/fault-proxy.ts';
import { Deployment } from '../support/deployment.ts';
import { begin, checksums, download, finished, runExport } from '../support/export-client.ts';
import { proxiedStorages, type ProxiedStorage } from '../support/proxied-storage.ts';
import { storeSampleData } from '../support/sample-data.ts';
import type { TestService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** A worker killed with `kill -9` in the middle of the upload of a file of several parts. */
function killedUpload(start: () => Promise<ProxiedStorage>): void {
  let backend: ProxiedStorage;
  let deployment: Deployment;
  let base: string;

  beforeAll(async () => {
    backend = await start();
    const accounts = join(await tempFolder('accounts'), 'accounts.json');
    await writeFile(accounts, JSON.stringify(backend.accounts));
    deployment = await Deployment.create({
      ...backend.env,
      ACCOUNTS_FILE: accounts,
      PART_LEASE: '2s',
      HOUSEKEEPING_INTERVAL: '500ms',
    });
    await storeSampleData(deployment.database.pool, [
      { type: 'Observation', count: 20_000, bytes: 1_500 },
    ]);
    ({ base } = await deployment.startApi());
  }, 60_000);
  afterAll(async () => {
    // Requests that still stall end here, and with them what waits for them.
    backend.proxy.reset();
    await deployment.drop();
    await backend.stop();
  });

  /** Begins an export and kills the worker while the second part of its file is on the way. */
  const beginAndKill = async (victim: TestService): Promise<string> => {
    const { proxy, isPart, listUnfinished } = backend;
    proxy.reset();
    let parts = 0;
    const isLater: Fault['when'] = (request) => isPart(request) && (parts += 1) > 1;
    const heal = proxy.inject({ kind: 'stall', to: 'request', after: 100_000, when: isLater });
    const statusUrl = await begin(base);
    await waitFor(() => proxy.requests.some(({ fault }) => fault === 'stall'), 30_000);
    await waitFor(async () => (await listUnfinished()).length > 0);
    await victim.kill('SIGKILL');
    heal();
    return statusUrl;
  };

  test('leaves nothing unfinished, and the export the files of an undisturbed one', async () => {
    const victim = await deployment.startWorker();
    const undisturbed = await runExport(base);
    expect(undisturbed.output).toHaveLength(1);
    expect(await backend.listUnfinished()).toEqual([]);

    const statusUrl = await beginAndKill(victim);
    const next = await deployment.startWorker();
    const manifest = await finished(statusUrl);
    expect(await backend.listUnfinished()).toEqual([]);
    expect(checksums(manifest)).toEqual(checksums(undisturbed));
    for (const item of manifest.output) await download(item);
    await next.stop();
  }, 120_000);

  test('leaves nothing unfinished when the export is cancelled then', async () => {
    const statusUrl = await beginAndKill(await deployment.startWorker());
    expect((await fetch(statusUrl, { method: 'DELETE' })).status).toBe(202);
    await deployment.startWorker();
    const { listUnfinished } = backend;
    await waitFor(async () => (await listUnfinished()).length === 0, 30_000);
  }, 120_000);
}

describe.each(proxiedStorages)('a worker killed while it uploads to $name', ({ needs, start }) => {
  if (needs === undefined) killedUpload(start);
  else withServer(needs, () => killedUpload(start));
});
