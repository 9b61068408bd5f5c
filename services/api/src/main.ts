import type { Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  createPool,
  noteLocalBases,
  readDeployment,
  readUrlKey,
  type Pool,
} from '@sluice/postgres';
import { createQueue } from '@sluice/queue';
import {
  createLogger,
  errorFacts,
  holdPlaces,
  installShutdown,
  Metrics,
  reportListening,
  RepeatedLog,
  SettingsError,
  startTracing,
  type Logger,
  type Place,
} from '@sluice/runtime';
import { createApp } from './app.ts';
import { ByteBudget } from './byte-budget.ts';
import { createAudit } from './audit.ts';
import { openAuthority } from './authority.ts';
import { followClientFile } from './client-file.ts';
import { collectState } from './collect-state.ts';
import { createServer } from './create-server.ts';
import { Downloads } from './downloads.ts';
import { createIdentify } from './identity.ts';
import { limitQueue } from './limit-queue.ts';
import { startMetricsServer } from './metrics-server.ts';
import { otherBases, publicBaseUrl, readApiSettings, type ApiSettings } from './settings.ts';
import { openStorage } from './storage.ts';

/** How long open requests may go on once the process was told to end. */
const requestLimitMs = 10_000;

/** A request waits this long for Redis, then does without or is answered 503. */
const redisLimitMs = 3000;

/** The start waits so long for Redis and storage to say whose they are. */
const placesLimitMs = 3000;

async function main(settings: ApiSettings): Promise<void> {
  const log = createLogger('api', settings.LOG_LEVEL);
  const pool = createPool(settings.DATABASE_URL, {
    max: settings.DATABASE_MAX_CONNECTIONS,
    applicationName: 'sluice-api',
    queryLimitMs: settings.DATABASE_TIMEOUT,
  });
  const isTracing = settings.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined;
  const endTracing = isTracing ? await startTracing('api') : undefined;
  const queue = createQueue({
    redisUrl: settings.REDIS_URL,
    prefix: settings.REDIS_PREFIX,
    traced: isTracing,
  });
  const metrics = new Metrics('api');
  const audit = createAudit({ pool, log });
  const storage = await openStorage(process.env, { log, metrics });
  const server = createServer(settings, log);
  installShutdown(log, [
    { name: 'requests', limitMs: requestLimitMs + 1000, run: () => finishRequests(server) },
    { name: 'record', limitMs: 2000, run: () => audit.close() },
    { name: 'queue', limitMs: 2000, run: () => queue.close() },
    { name: 'pool', limitMs: 2000, run: () => pool.end() },
    { name: 'spans', limitMs: 3000, run: () => Promise.resolve(endTracing?.()) },
  ]);

  const isSmart = settings.AUTH_MODE === 'smart';
  if (isSmart && settings.CLIENTS_FILE !== undefined) {
    await followClientFile(settings.CLIENTS_FILE, { pool, log });
  }
  await holdPlacesOrExit([queue.place, ...(storage.place ? [storage.place] : [])], { pool, log });
  server.listen(settings.PORT, settings.HOST);
  await once(server, 'listening');
  reportListening();
  const { port } = server.address() as AddressInfo;
  const baseUrl = publicBaseUrl(settings, port);
  const urlKey = rememberUrlKey(pool);
  const authority = isSmart ? openAuthority(settings, { pool, baseUrl, log }) : undefined;
  const deps = {
    settings,
    baseUrl,
    otherBases: otherBases(settings),
    pool,
    queue: limitQueue(queue, redisLimitMs),
    storage,
    log,
    metrics,
    urlKey,
    audit,
    memory: { bodies: new ByteBudget(), answers: new ByteBudget() },
    downloads: new Downloads(Date.now),
    identify: createIdentify(settings, { pool, baseUrl, authority }),
    authority,
    now: Date.now,
  };
  // Loaders and writers go by them. Without the database the next kick-off does it.
  noteLocalBases(pool, [baseUrl, ...deps.otherBases]).catch((error: unknown) => {
    log.warn('the names of the store could not be noted', errorFacts(error));
  });
  collectState(deps);
  await startMetricsServer(metrics, { port: settings.API_METRICS_PORT, host: settings.HOST });
  // Express answers by itself; its handler returns nothing to wait for.
  server.on('request', createApp(deps) as (...request: unknown[]) => void);
  log.info('ready', { host: settings.HOST, port, baseUrl });
}

/** What does not answer is asked again behind the start: without Redis or storage an API still answers what it can. */
async function holdPlacesOrExit(
  places: readonly Place[],
  { pool, log }: { readonly pool: Pool; readonly log: Logger },
): Promise<void> {
  const faults = new RepeatedLog(log);
  await holdPlaces(places, {
    readOwn: () => readDeployment(pool),
    waitMs: placesLimitMs,
    onFault: (error, place) => faults.warn('a place cannot be claimed now', error, { place }),
    onForeign: (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    },
  });
}

/** Reads the key once; a failed attempt is not remembered. */
function rememberUrlKey(pool: Pool): () => Promise<Buffer> {
  let key: Buffer | undefined;
  return async () => (key ??= await readUrlKey(pool));
}

/** No new connections; idle ones are closed as they become so, the rest when the time is over. */
async function finishRequests(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const limit = setTimeout(() => server.closeAllConnections(), requestLimitMs);
  await closed;
  clearInterval(idle);
  clearTimeout(limit);
}

try {
  await main(readApiSettings());
} catch (error) {
  const text = error instanceof SettingsError ? error.message : JSON.stringify(errorFacts(error));
  process.stderr.write(`${text}\n`);
  process.exit(1);
}
