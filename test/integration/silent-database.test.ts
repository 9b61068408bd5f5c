import { setTimeout as wait } from 'node:timers/promises';
import {
  blockPool,
  copyLines,
  createPool,
  withTransaction,
  type CopyLinesOptions,
  type Pool,
} from '@sluice/postgres';
import { Deployment } from '../support/deployment.ts';
import { begin, finished, kickOff } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import { startSilentProxy, type SilentProxy } from '../support/silent-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

/*
 * Connections to Postgres that stay open and give nothing: a real Postgres behind a proxy that falls
 * silent. Whoever asks is answered, and no part waits for what will never come.
 */

const timeoutMs = 1000;
let sluice: Deployment;
let proxy: SilentProxy;
let proxied: Record<string, string>;

beforeAll(async () => {
  sluice = await Deployment.create({
    PART_RESOURCES: '20000',
    PART_LEASE: '3s',
    WORKER_CONCURRENCY: '1',
    // Small files keep the COPY going for long enough.
    MAX_RESOURCES_PER_FILE: '50',
  });
  await storeSampleData(sluice.database.pool, [{ type: 'Observation', count: 60_000, bytes: 600 }]);
  proxy = await startSilentProxy(sluice.database.serviceUrl);
  proxied = { DATABASE_URL: proxy.url, DATABASE_TIMEOUT: `${timeoutMs}ms` };
}, 60_000);

afterAll(async () => {
  await sluice.drop();
  await proxy.stop();
});

test('requests are answered 503 with Retry-After, and it is not ready, until Postgres answers again', async () => {
  const { api, base } = await sluice.startApi(proxied);
  const status = `${base}/$export-status/00000000-0000-4000-8000-000000000000`;
  expect((await fetch(status)).status).toBe(404);

  proxy.silence('all');
  const answers = await Promise.all([fetch(status), kickOff(base, '/$export'), fetch(status)]);
  for (const answer of answers) {
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
  }
  expect((await fetch(`${api.url}/readyz`)).status).toBe(503);

  proxy.restore();
  await waitFor(async () => (await fetch(`${api.url}/readyz`)).status === 200);
  expect((await fetch(status)).status).toBe(404);
}, 60_000);

test('one silent connection of many does not keep a request waiting for ever', async () => {
  const { base } = await sluice.startApi(proxied);
  const status = `${base}/$export-status/00000000-0000-4000-8000-000000000000`;
  await Promise.all(Array.from({ length: 8 }, () => fetch(status)));
  proxy.silence('these');
  await waitFor(async () => (await fetch(status)).status === 404, { timeoutMs: 30_000 });
}, 60_000);

test('a part whose COPY falls silent is left, and done again over a new connection', async () => {
  const { base } = await sluice.startApi();
  const worker = await sluice.startWorker(proxied);
  const url = await begin(base);
  for (let n = 0; n < 2; n += 1) {
    await waitFor(async () => (await sluice.countCopies()) > 0, { what: 'a part is read' });
    proxy.silence('these');
    // In Postgres too, where it would hold a snapshot for as long as TCP hopes.
    await waitFor(async () => (await sluice.countCopies()) === 0, {
      timeoutMs: 30_000,
      what: 'the silent COPY is left',
    });
  }
  const manifest = await finished(url, 60_000);
  expect(manifest.output.reduce((sum, { count }) => sum + count, 0)).toBe(60_000);
  expect(worker.log()).toContain('SilentConnectionError');
  await worker.stop();
}, 120_000);

test('a part whose worker hears nothing from Postgres at all is done by another one', async () => {
  const { base } = await sluice.startApi();
  const cutOff = await sluice.startWorker(proxied);
  const url = await begin(base);
  await waitFor(async () => (await sluice.countCopies()) > 0, { what: 'a part is read' });
  proxy.silence('all');
  const other = await sluice.startWorker();
  const manifest = await finished(url, 60_000);
  expect(manifest.output.reduce((sum, { count }) => sum + count, 0)).toBe(60_000);
  await waitFor(() => cutOff.log().includes('lease-lost'), { what: 'the parts are left' });
  proxy.restore();
  await Promise.all([cutOff.kill('SIGKILL'), other.stop()]);
}, 120_000);

describe('is not taken for silent', () => {
  // Long enough that a busy machine is not taken for a silent one.
  const silenceMs = 1000;
  let pool: Pool;

  beforeAll(() => {
    pool = createPool(sluice.database.serviceUrl, { max: 2, silenceMs });
  });

  afterAll(async () => await pool.end());

  test('a COPY that gives nothing while Postgres works', async () => {
    const query = `select 'x' from pg_sleep(${(4 * silenceMs) / 1000})`;
    expect(await copyLines(pool, { settings: '', query }, options())).toBe(1);
  });

  test('a COPY whose lines are written slowly', async () => {
    const query = `select repeat('x', 1000) from generate_series(1, 50000)`;
    let isFirst = true;
    // The store takes nothing for three times as long as the connection may be silent.
    const write = async (): Promise<void> => {
      if (isFirst) await wait(3 * silenceMs);
      isFirst = false;
    };
    expect(await copyLines(pool, { settings: '', query }, options(write))).toBe(50_000);
  });

  test('a transaction whose owner is busy with other things', async () => {
    await withTransaction(pool, async (client) => {
      await client.query('select 1');
      await wait(3 * silenceMs);
      await client.query('select 1');
    });
  });
});

function options(write: () => Promise<void> = () => Promise.resolve()): CopyLinesOptions {
  return {
    signal: new AbortController().signal,
    limits: { maxFileBytes: Infinity, maxResourcesPerFile: Infinity },
    pool: blockPool(1 << 16, 4),
    write,
  };
}
