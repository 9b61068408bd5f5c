import { chown, readFile } from 'node:fs/promises';
import { load } from '@sluice/loader';
import { difference, exactly } from '../support/compare-export.ts';
import { Deployment } from '../support/deployment.ts';
import {
  begin,
  checksums,
  downloadLines,
  exportIdOf,
  finished,
  runExport,
} from '../support/export-client.ts';
import { freePort } from '../support/free-port.ts';
import { storeSampleData } from '../support/sample-data.ts';
import { readLines, syntheaFolder, writeSmallData } from '../support/synthea.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';
import { runContainer, startContainer, type Container } from './container.ts';

/** Of the image, and nobody on this machine. */
const user = 65532;

let deployment: Deployment;
const containers: Container[] = [];

async function start(process: 'api' | 'worker', env: Record<string, string> = {}) {
  const port = await freePort();
  const isReady = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    return answer?.status === 200;
  };
  const container = await startContainer([process], isReady, {
    data: deployment.files,
    env: {
      ...deployment.env,
      ...env,
      FILE_STORAGE_DIR: '/data',
      HOST: '127.0.0.1',
      [process === 'api' ? 'PORT' : 'METRICS_PORT']: String(port),
    },
  });
  containers.push(container);
  return { container, base: `http://127.0.0.1:${port}/fhir` };
}

beforeAll(async () => {
  deployment = await Deployment.create({
    PART_RESOURCES: '10000',
    PART_LEASE: '2s',
    HOUSEKEEPING_INTERVAL: '500ms',
    WORKER_CONCURRENCY: '2',
  });
  await chown(deployment.files, user, user);
});

afterAll(async () => {
  await Promise.all(containers.map((container) => container.remove()));
  await deployment.drop();
});

test('a container says what it can do when it is asked for something else', async () => {
  const { code, output } = await runContainer(['serve']);
  expect({ code, output }).toEqual({
    code: 2,
    output: 'serve is unknown; accepted: api, worker, migrate, await-schema, cli\n',
  });
});

test('the command line is there', async () => {
  const { code, output } = await runContainer(['cli', '--version']);
  expect({ code, output }).toEqual({ code: 0, output: '0.1.0\n' });
});

test('a container migrates, and another that waits for the schema ends', async () => {
  const env = { DATABASE_URL: deployment.env['DATABASE_URL'] ?? '' };
  expect(await runContainer(['migrate'], { env })).toMatchObject({
    code: 0,
    output: 'The schema is up to date.\n',
  });
  expect(await runContainer(['await-schema'], { env })).toMatchObject({ code: 0 });
});

test('a container that has nothing to close yet ends at SIGTERM all the same', async () => {
  const env = { DATABASE_URL: 'postgres://127.0.0.1:1/none' };
  const isWaiting = (log: string) => log.includes('the schema is not there yet');
  const container = await startContainer(['await-schema'], isWaiting, { env });
  expect(await container.terminate()).toMatchObject({ code: 143 });
});

test('an API that anybody could reach does not start', async () => {
  const { code, output } = await runContainer(['api'], {
    env: { ...deployment.env, FILE_STORAGE_DIR: '/data' },
  });
  expect(code).not.toBe(0);
  expect(output).toContain('HOST is "0.0.0.0"');
});

test('a password from the examples is warned of', async () => {
  const env = { DATABASE_URL: 'postgres://sluice:not-for-production@127.0.0.1:1/sluice' };
  const { output } = await runContainer(['cli', '--version'], { env });
  expect(output).toContain('Not for production');
});

test('API and worker in containers export exactly what is stored', async () => {
  const folder = syntheaFolder() ?? (await tempFolder('small'));
  if (syntheaFolder() === undefined) await writeSmallData(folder);
  const summary = await load({ pool: deployment.database.pool, paths: [folder] });
  expect(summary.problems).toBe(0);

  const { container: api, base } = await start('api');
  const { container: worker } = await start('worker');
  const lines = readLines(folder);
  const manifest = await runExport(base);
  expect(difference(await downloadLines(manifest.output), lines)).toEqual(exactly(lines));

  for (const container of [api, worker]) {
    const status = await readFile(`/proc/${await container.pid()}/status`, 'utf8');
    expect(status).toMatch(new RegExp(`^Uid:\\s${user}\\s`, 'm'));
    expect(status).toMatch(/^CapEff:\s0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s1$/m);
    expect(await container.execute(['node', '/app/healthcheck.mjs'])).toBe(0);
    expect(await container.execute(['node', '/app/healthcheck.mjs', '/readyz'])).toBe(0);
    expect(await container.execute(['node', '/app/healthcheck.mjs', '/none'])).toBe(1);
    expect(await container.execute(['sh', '-c', 'touch /app/x || touch /tmp/x'])).toBe(1);
    expect(await container.execute(['sh', '-c', 'command -v npm || command -v cc'])).not.toBe(0);
  }
});

test('a worker told to go in the middle of an export ends well, and another finishes it', async () => {
  const types = [{ type: 'Observation', count: 60_000, bytes: 200 }];
  await storeSampleData(deployment.database.pool, types);
  // Many small files, so that it takes a while.
  const env = { MAX_RESOURCES_PER_FILE: '50' };
  for (const container of containers.splice(0)) await container.terminate();
  const { base } = await start('api', env);
  const { container: first } = await start('worker', env);
  const undisturbed = await runExport(base, '/$export?_type=Observation');

  const statusUrl = await begin(base, '/$export?_type=Observation');
  const running = async () => (await deployment.stateOf(exportIdOf(statusUrl))) === 'running';
  await waitFor(running, { timeoutMs: 30_000, what: 'the export runs' });
  const { code, ms } = await first.terminate();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(30_000);
  expect(await running()).toBe(true);

  await start('worker', env);
  expect(checksums(await finished(statusUrl))).toEqual(checksums(undisturbed));
});
