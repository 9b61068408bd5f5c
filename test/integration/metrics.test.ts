import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Deployment } from '../support/deployment.ts';
import { begin, finished, kickOff } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import type { TestService } from '../support/service.ts';

let deployment: Deployment;
let api: TestService;
let base: string;

beforeAll(async () => {
  deployment = await Deployment.create();
  await storeSampleData(deployment.database.pool, [
    { type: 'Observation', count: 5000, bytes: 400 },
    { type: 'Patient', count: 20, bytes: 400 },
  ]);
  ({ api, base } = await deployment.startApi());
});
afterAll(() => deployment.drop());

/** Reads a series of a process; what is not there is NaN. */
async function read({ metricsUrl }: TestService): Promise<(series: string) => number> {
  const answer = await fetch(metricsUrl);
  expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const text = await answer.text();
  return (series) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length) ?? NaN,
    );
}

test('the metrics of the API are on no port that clients reach', async () => {
  expect((await fetch(`${api.url}/metrics`)).status).toBe(404);
  expect((await fetch(api.metricsUrl.replace('/metrics', '/fhir/metadata'))).status).toBe(404);
});

test('the metrics tell of an export from its kick-off to its files', async () => {
  const url = await begin(base);
  expect((await kickOff(base, '/$export')).status).toBe(429);
  expect((await kickOff(base, '/$export?_type=Nothing')).status).toBe(400);

  const before = await read(api);
  expect(before('sluice_exports{state="accepted"}')).toBe(1);
  expect(before('sluice_slot_held_seconds')).toBeGreaterThan(0);
  expect(before('sluice_queue_jobs{queue="plan",state="waiting"}')).toBe(1);
  expect(before('sluice_queue_oldest_seconds{queue="plan"}')).toBeGreaterThan(0);
  expect(before('sluice_scrape_fault{source="redis"}')).toBe(0);
  for (const [outcome, count] of Object.entries({ accepted: 1, busy: 1, refused: 1, failed: 0 })) {
    expect(before(`sluice_kick_offs_total{outcome="${outcome}"}`)).toBe(count);
  }

  const worker = await deployment.startWorker();
  const { output } = await finished(url);
  const bytesOf = (type: string) =>
    output
      .filter((item) => item.type === type)
      .reduce((sum, item) => sum + item.extension['urn:sluice:output-file'].size, 0);

  const after = await read(api);
  expect(after('sluice_exports{state="completed"}')).toBe(1);
  expect(after('sluice_exports{state="accepted"}')).toBe(0);
  expect(after('sluice_slot_held_seconds')).toBe(0);
  expect(after('sluice_queue_jobs{queue="parts",state="waiting"}')).toBe(0);
  const work = await read(worker);
  expect(work('sluice_exports_ended_total{state="completed"}')).toBe(1);
  expect(work('sluice_written_resources_total{type_class="patient"}')).toBe(20);
  expect(work('sluice_written_resources_total{type_class="compartment"}')).toBe(5000);
  expect(work('sluice_written_resources_total{type_class="other"}')).toBe(0);
  expect(work('sluice_written_bytes_total{type_class="compartment"}')).toBe(bytesOf('Observation'));
  expect(work('sluice_part_duration_seconds_count{outcome="written"}')).toBe(2);
  expect(work('sluice_database_read_seconds_count')).toBe(2);
  expect(work('sluice_settle_wait_seconds_count')).toBe(1);
  expect(work('sluice_storage_operations_total{operation="commit",outcome="ok"}')).toBe(2);
});

/** A way to Redis that can be closed. */
async function wayToRedis(): Promise<{ url: string; close: () => void }> {
  const redis = new URL(deployment.env['REDIS_URL'] ?? '');
  const { port, hostname } = redis;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const onward = connect(Number(port), hostname);
    for (const end of [socket, onward]) {
      sockets.add(end.on('error', () => undefined));
    }
    socket.pipe(onward).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  redis.port = String((server.address() as AddressInfo).port);
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { url: redis.href, close };
}

test('a Redis that is away is told of, and the rest goes on', async () => {
  const way = await wayToRedis();
  const { api: cutOff } = await deployment.startApi({ REDIS_URL: way.url });
  expect((await read(cutOff))('sluice_scrape_fault{source="redis"}')).toBe(0);
  way.close();
  const metrics = await read(cutOff);
  expect(metrics('sluice_scrape_fault{source="redis"}')).toBe(1);
  expect(metrics('sluice_scrape_fault{source="postgres"}')).toBe(0);
  expect(metrics('sluice_exports{state="completed"}')).toBe(1);
});

test('requests that the storage makes the API send again are counted by why', async () => {
  const statuses = [undefined, 429, 429, 503];
  const storage = createHttpServer((request, answer) => {
    const status = statuses.length > 0 ? statuses.shift() : 403;
    if (status === undefined) request.socket.destroy();
    else answer.writeHead(status).end();
  });
  await once(storage.listen(0, '127.0.0.1'), 'listening');
  const { port } = storage.address() as AddressInfo;
  const { api: unwell } = await deployment.startApi(
    {
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'aws',
      BOX_FHIR_BULK_STORAGE_AWS_BUCKET: 'exports',
      BOX_FHIR_BULK_STORAGE_AWS_REGION: 'us-east-1',
      BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'AKIATESTS',
      AWS_SECRET_ACCESS_KEY: 'a-secret-that-nobody-checks',
    },
    { readyPath: '/healthz' },
  );
  const check = await fetch(`${unwell.url}/rpc`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ method: 'aidbox.bulk/storage-healthcheck' }),
  });
  expect(check.status).toBe(422);
  const metrics = await read(unwell);
  const counts = { connection: 1, throttled: 2, unavailable: 1, corrupt: 0 };
  for (const [reason, count] of Object.entries(counts)) {
    expect(metrics(`sluice_storage_retries_total{reason="${reason}"}`)).toBe(count);
  }
  storage.close();
});
