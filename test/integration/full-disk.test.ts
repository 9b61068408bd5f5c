import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createOutputStore } from '@sluice/storage';
import { Deployment } from '../support/deployment.ts';
import { begin, exportIdOf, finished, over } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import { mountSmallDisk, withSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { waitFor } from '../support/wait-for.ts';

const mb = 1 << 20;

/** What an OperationOutcome says. */
async function textOf(answer: Response): Promise<string | undefined> {
  const { issue } = (await answer.json()) as { issue: { details: { text: string } }[] };
  return issue[0]?.details.text;
}

withSmallDisk(() => {
  let disk: SmallDisk;
  afterEach(() => disk.unmount());

  describe('making the folder of an export', () => {
    const folder = '20260131T093000Z_0f8fad5b-d9cb-469f-a165-70867728950e';

    test('on a disk without room says that there is none', async () => {
      disk = mountSmallDisk(mb, 2);
      await writeFile(join(disk.path, 'the-last-inode'), '');
      const store = await createOutputStore({ provider: 'file', root: join(disk.path, 'exports') });
      await expect(store.createFolder(folder)).rejects.toMatchObject({
        code: 'full',
        message: expect.stringContaining('(ENOSPC)') as string,
      });
    });

    test('on a disk that is read-only says so, but for a folder that is there', async () => {
      disk = mountSmallDisk(mb);
      const root = join(disk.path, 'exports');
      const store = await createOutputStore({ provider: 'file', root });
      await store.createFolder(folder);
      disk.setReadOnly(true);
      await store.createFolder(folder);
      await expect(store.createFolder(folder.replace('0930', '0931'))).rejects.toMatchObject({
        code: 'denied',
        message: expect.stringContaining('(EROFS)') as string,
      });
    });
  });

  describe('an export whose files go to a disk', () => {
    let deployment: Deployment;
    let base: string;
    let readiness: string[];

    beforeEach(async () => {
      disk = mountSmallDisk(8 * mb);
      const files = join(disk.path, 'exports');
      deployment = await Deployment.create({ FILE_STORAGE_DIR: files, PART_RESOURCES: '2000' });
      await storeSampleData(deployment.database.pool, [
        { type: 'Observation', count: 10_000, bytes: 500 },
      ]);
      await mkdir(files);
      const [{ api, base: started }, worker] = await Promise.all([
        deployment.startApi(),
        deployment.startWorker(),
      ]);
      base = started;
      readiness = [`${api.url}/readyz`, `${worker.url}/readyz`];
    }, 60_000);
    afterEach(() => deployment.drop());

    const isReady = async (ready: boolean, cause: string) => {
      for (const url of readiness) {
        await waitFor(
          async () => {
            const answer = await fetch(url);
            const text = await answer.text();
            return answer.status === (ready ? 200 : 503) && text.includes(cause);
          },
          { timeoutMs: 60_000, what: `${url} says "${cause}"` },
        );
      }
    };

    const expectCause = async (cause: string) => {
      const statusUrl = await begin(base);
      const failed = await over(statusUrl);
      expect([failed.status, await textOf(failed)]).toEqual([
        500,
        expect.stringContaining(`The export could not write its files: file storage`),
      ]);
      expect(await textOf(await fetch(statusUrl))).toContain(cause);
      return exportIdOf(statusUrl);
    };

    const expectWhole = async () => {
      const manifest = await finished(await begin(base));
      expect(manifest.output.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
    };

    const isGone = async (id: string) => {
      const folders = await readdir(join(disk.path, 'exports'));
      return !folders.some((name) => name.endsWith(id));
    };

    test('without room fails with that cause, leaves nothing, and the next one goes well once there is room', async () => {
      const ballast = join(disk.path, 'ballast');
      await writeFile(ballast, Buffer.alloc(6 * mb));
      const id = await expectCause('(ENOSPC): free some');
      await waitFor(() => isGone(id), { what: 'its folder is gone' });
      await writeFile(`${ballast}-2`, Buffer.alloc(4 * mb)).catch(() => undefined);
      await isReady(false, '(ENOSPC): free some');
      await rm(ballast);
      await rm(`${ballast}-2`, { force: true });
      await isReady(true, '');
      await expectWhole();
    }, 120_000);

    test('that becomes read-only fails with that cause, and the next one goes well once it is not', async () => {
      disk.setReadOnly(true);
      const id = await expectCause('(EROFS): its file system is read-only');
      await isReady(false, '(EROFS): its file system is read-only');
      disk.setReadOnly(false);
      await waitFor(() => isGone(id), { what: 'its folder is gone' });
      await isReady(true, '');
      await expectWhole();
    }, 120_000);
  });
});
