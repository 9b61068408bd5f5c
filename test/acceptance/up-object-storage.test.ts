import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, removeDataDir } from '@sluice/embedded';
import { runSluice, startSluice } from '../integration/cli-command.ts';
import { withServer } from '../servers/available-servers.ts';
import { difference, exactly } from '../support/compare-export.ts';
import { linesOf } from '../support/export-client.ts';
import { acceptanceFolder } from '../support/served-store.ts';
import { storageBackends, type StorageBackend } from '../support/storage-backends.ts';
import { readLines } from '../support/synthea.ts';
import { tempFolder } from '../support/temp-folder.ts';

let dataDir: string;
let wanted: string[];

beforeAll(async () => {
  const folder = await acceptanceFolder();
  wanted = readLines(folder);
  dataDir = join(await tempFolder('up'), 'data');
  expect(await runSluice(['load', folder, '--data-dir', dataDir])).toMatchObject({ code: 0 });
}, 120_000);
afterAll(() => removeDataDir(dataDir));

async function exportByCommand(base: string): Promise<string[]> {
  const folder = await tempFolder('out');
  const ran = await runSluice(['export', '--base', base, '--out', folder]);
  expect(ran).toMatchObject({ code: 0 });
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'));
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return files.flatMap(linesOf);
}

describe.each(storageBackends)('`sluice up` with $name', ({ needs, start }) => {
  const tests = (): void => {
    let backend: StorageBackend;

    beforeAll(async () => {
      backend = await start();
    });
    afterAll(() => backend.stop());

    test('gives `sluice export` everything that was loaded, to the byte', async () => {
      const port = await freePort();
      const up = startSluice(['up', '--port', String(port), '--data-dir', dataDir], backend.env);
      try {
        const [, base = ''] = await up.says(/^Sluice is ready at (.*)$/m);
        expect(difference(await exportByCommand(base), wanted)).toEqual(exactly(wanted));
        expect((await backend.list()).length).toBeGreaterThan(0);
      } finally {
        up.child.kill('SIGTERM');
        await up.ended;
      }
    }, 120_000);
  };
  if (needs === undefined) tests();
  else withServer(needs, tests);
});
