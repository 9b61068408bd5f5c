import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { withServer } from '../servers/available-servers.ts';
import { runSluice } from '../integration/cli-command.ts';
import { Deployment } from '../support/deployment.ts';
import { runExport } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import { storageBackends } from '../support/storage-backends.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

interface Shared {
  /** Settings that lead both deployments to one place. */
  readonly env: Readonly<Record<string, string>>;
  /** What the refusal says to set. */
  readonly remedy: string;
}

/** Text with which a process refused to start, and its exit code. */
async function refusalOf(start: () => Promise<unknown>): Promise<string> {
  const fault: unknown = await start().then(
    () => new Error('it started'),
    (error: unknown) => error,
  );
  const { message, cause } = fault as Error & { cause?: Error };
  return cause instanceof Error ? cause.message : message;
}

function twoDeployments(share: () => Promise<Shared>): void {
  let shared: Shared;
  let first: Deployment;
  let second: Deployment;

  const idOf = async (deployment: Deployment): Promise<string> => {
    const rows = await deployment.query<{ id: string }>('select id from sluice.deployment');
    return rows[0]?.id ?? '';
  };

  beforeAll(async () => {
    shared = await share();
    first = await Deployment.create(shared.env);
    second = await Deployment.create(shared.env);
    await storeSampleData(first.database.pool, [{ type: 'Patient', count: 50, bytes: 300 }]);
    await storeSampleData(second.database.pool, [{ type: 'Patient', count: 50, bytes: 300 }]);
  }, 60_000);
  afterAll(async () => {
    await first.drop();
    await second.drop();
  });

  test('the second one is refused at its start, with words; the first one works on', async () => {
    const { base } = await first.startApi();
    await first.startWorker();
    const before = await runExport(base);
    const [own, owner] = [await idOf(second), await idOf(first)];
    for (const [code, start] of [
      [1, () => second.startApi()],
      [78, () => second.startWorker()],
    ] as const) {
      const text = await refusalOf(start);
      expect(text).toContain(`ended (${code})`);
      expect(text).toContain(`belongs to another deployment of Sluice, ${owner} (database "`);
      expect(text).toContain(`this one is ${own} (database "`);
      expect(text).toContain(shared.remedy);
      expect(text).toContain('sluice claim');
    }
    for (const { url } of before.output) expect((await fetch(url)).status).toBe(200);
    await runExport(base);
  }, 90_000);

  test('`sluice claim` gives the place to the second one, and then the first one is refused', async () => {
    const owner = await idOf(first);
    const env = { ...second.env, DATABASE_URL: second.database.url };
    const ran = await runSluice(['claim'], env);
    expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining(`was ${owner}’s`)]);
    expect((await runSluice(['claim'], env)).stdout).toContain('is its already');
    expect(await refusalOf(() => first.startWorker())).toContain(owner);
    const { base } = await second.startApi();
    await second.startWorker();
    await runExport(base);
  }, 90_000);
}

describe('two deployments', () => {
  describe('on one Redis and prefix', () => {
    twoDeployments(() =>
      Promise.resolve({
        env: { REDIS_PREFIX: `test-${randomUUID()}` },
        remedy: 'set another REDIS_PREFIX',
      }),
    );
  });

  describe('on one folder', () => {
    twoDeployments(async () => ({
      env: { FILE_STORAGE_DIR: await tempFolder('shared') },
      remedy: 'set another FILE_STORAGE_DIR',
    }));
  });

  describe.each(storageBackends)('on one prefix in $name', ({ needs, start }) => {
    const tests = (): void => {
      let stop: () => Promise<void>;
      afterAll(() => stop());
      twoDeployments(async () => {
        const backend = await start();
        stop = () => backend.stop();
        return { env: backend.env, remedy: 'set another BOX_FHIR_BULK_STORAGE_PREFIX' };
      });
    };
    if (needs === undefined) tests();
    else withServer(needs, tests);
  });
});

describe('a deployment', () => {
  let deployment: Deployment;
  const prefix = (): string => deployment.env['REDIS_PREFIX'] ?? '';
  const marker = (): string => join(deployment.files, 'sluice-deployment.json');

  beforeEach(async () => {
    deployment = await Deployment.create({ HOUSEKEEPING_INTERVAL: '300ms' });
  });
  afterEach(() => deployment.drop());

  test('claims Redis again when Redis has lost its memory', async () => {
    await deployment.startWorker();
    const key = `${prefix()}:deployment`;
    const note = await deployment.redis.get(key);
    expect(note).toContain('"deployment"');
    await deployment.forgetRedis();
    await waitFor(async () => (await deployment.redis.get(key)) === note, { what: key });
  });

  test('removes no folder from a storage that another one has taken over while it ran', async () => {
    const worker = await deployment.startWorker();
    expect(await readFile(marker(), 'utf8')).toContain('"deployment"');
    const other = await Deployment.create();
    try {
      const env = { DATABASE_URL: other.database.url, FILE_STORAGE_DIR: deployment.files };
      expect((await runSluice(['claim'], env)).code).toBe(0);
      const folder = `20260101T000000Z_${randomUUID()}`;
      await mkdir(join(deployment.files, folder));
      await waitFor(() => worker.log().includes('belongs to another deployment'), {
        what: 'the worker finds out',
      });
      expect(await readdir(deployment.files)).toContain(folder);
    } finally {
      await other.drop();
    }
  });

  test('that is a copy of another one has its id, until `sluice claim --new-id`', async () => {
    const idOf = async (): Promise<string | undefined> =>
      (await deployment.query<{ id: string }>('select id from sluice.deployment'))[0]?.id;
    const before = await idOf();
    const env = { DATABASE_URL: deployment.database.url, FILE_STORAGE_DIR: deployment.files };
    const ran = await runSluice(['claim', '--new-id'], env);
    expect(ran.code).toBe(0);
    expect(await idOf()).not.toBe(before);
    expect(await readFile(marker(), 'utf8')).toContain(await idOf());
    expect((await runSluice(['claim'], { DATABASE_URL: deployment.database.url })).code).toBe(1);
  });
});
