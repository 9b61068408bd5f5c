import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from '@sluice/loader';
import { withServer } from '../servers/available-servers.ts';
import { Deployment } from '../support/deployment.ts';
import { begin, checksums, exportIdOf, finished } from '../support/export-client.ts';

import { storageBackends, type StorageBackend } from '../support/storage-backends.ts';
import type { TestService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** One file of 40 MB: several pieces of an upload, so that there is a middle to it. */
const lines = Array.from({ length: 20_000 }, (_, n) => {
  const meta = `"meta":{"lastUpdated":"2026-01-31T09:30:00.000Z"}`;
  return `{"resourceType":"Basic","id":"basic-${n}",${meta},"code":{"text":"${'x'.repeat(1900)}"}}`;
});

let deployment: Deployment;

beforeAll(async () => {
  const env = { PART_RESOURCES: '100000', PART_LEASE: '1s', HOUSEKEEPING_INTERVAL: '500ms' };
  deployment = await Deployment.create(env);
  const path = join(await tempFolder('lines'), 'lines.ndjson');
  await writeFile(path, `${lines.join('\n')}\n`);
  await load({ pool: deployment.database.pool, paths: [path] });
}, 60_000);
afterAll(() => deployment.drop());

describe.each(storageBackends)('$name', ({ needs, start }) => {
  const tests = (): void => {
    let backend: StorageBackend;
    let api: TestService;
    let base: string;
    let worker: TestService;

    beforeAll(async () => {
      backend = await start();
      ({ api, base } = await deployment.startApi(backend.env));
      worker = await deployment.startWorker(backend.env);
    }, 60_000);
    afterAll(async () => {
      await Promise.all([api.stop(), worker.stop()]);
      await backend.stop();
    });

    const uploading = () =>
      waitFor(async () => (await backend.unfinished()).length > 0, { what: 'an upload is begun' });
    const nothingUnfinished = () =>
      waitFor(async () => (await backend.unfinished()).length === 0, { what: 'no upload is left' });

    test('a worker that is killed in the middle of an upload leaves nothing, and the files are the same', async () => {
      const undisturbed = checksums(await finished(await begin(base)));
      const statusUrl = await begin(base);
      await uploading();
      await worker.kill('SIGKILL');
      expect(await backend.unfinished()).not.toEqual([]);
      worker = await deployment.startWorker(backend.env);
      expect(checksums(await finished(statusUrl))).toEqual(undisturbed);
      expect(await backend.unfinished()).toEqual([]);
    }, 90_000);

    test('an export that is deleted in the middle of an upload leaves nothing', async () => {
      const statusUrl = await begin(base);
      await uploading();
      expect((await fetch(statusUrl, { method: 'DELETE' })).status).toBe(202);
      await nothingUnfinished();
      const ofExport = async () =>
        (await backend.list()).filter((name) => name.includes(exportIdOf(statusUrl)));
      await waitFor(async () => (await ofExport()).length === 0, { what: 'no object is left' });
    }, 60_000);
  };
  if (needs === undefined) tests();
  else withServer(needs, tests);
});
