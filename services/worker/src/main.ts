import { availableParallelism, constants, setPriority } from 'node:os';
import { createGzipPool } from '@sluice/gzip';
import {
  blockPool,
  checkReplica,
  createPool,
  readDeployment,
  WrongReplicaError,
  type Pool,
} from '@sluice/postgres';
import { createQueue, startWorkers, subscribeCancel } from '@sluice/queue';
import {
  createLogger,
  errorFacts,
  holdPlaces,
  installShutdown,
  Metrics,
  RepeatedLog,
  SettingsError,
  startTracing,
  traced,
  type ForeignPlaceError,
} from '@sluice/runtime';
import { createOutputStore, measuredStore, StorageHealth, StoragePlace } from '@sluice/storage';
import type { WorkerContext } from './context.ts';
import { exportParts } from './export-parts.ts';
import { finishExport } from './finish-export.ts';
import { startHealthServer } from './health-server.ts';
import { cleanUp, keepHouse } from './housekeeping.ts';
import { createLinePool } from './lines/line-pool.ts';
import { Pace } from './pace.ts';
import { PartsInHand } from './parts-in-hand.ts';
import { planExport } from './plan-export.ts';
import { readWorkerEnvironment, type WorkerEnvironment } from './settings.ts';
import { Turns } from './turns.ts';

const { settings, storage, warnings } = environmentOrExit();
const log = createLogger('worker', settings.LOG_LEVEL);
const metrics = new Metrics('worker');
for (const warning of warnings) log.warn(warning);
makeWay();
const isTracing = settings.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined;
const endTracing = isTracing ? await startTracing('worker') : undefined;
const queueOptions = {
  redisUrl: settings.REDIS_URL,
  prefix: settings.REDIS_PREFIX,
  traced: isTracing,
};
const pool = createPool(settings.DATABASE_URL, {
  max: settings.DATABASE_MAX_CONNECTIONS,
  applicationName: 'sluice-worker',
  silenceMs: settings.DATABASE_TIMEOUT,
});
const replica =
  settings.DATABASE_READ_URL === undefined
    ? undefined
    : createPool(settings.DATABASE_READ_URL, {
        max: settings.WORKER_CONCURRENCY * 2,
        applicationName: 'sluice-worker',
        silenceMs: settings.DATABASE_TIMEOUT,
      });
const queue = createQueue(queueOptions);
const store = await createOutputStore(storage, {
  onRetry: (reason) => metrics.count('sluice_storage_retries_total', { reason }),
});
const context: WorkerContext = {
  settings,
  pool,
  replica,
  queue,
  store: measuredStore(store, metrics),
  orphanSearch: new Pace(storage.provider === 'file' ? 0 : 60_000),
  storageHealth: new StorageHealth(
    { store, description: storage },
    {
      onFault: ({ operation, cause }) =>
        log.warn('storage fault', { operation, ...errorFacts(cause) }),
    },
  ),
  places: { redis: queue.place, storage: new StoragePlace(store, storage) },
  log,
  faults: new RepeatedLog(log),
  metrics,
  lines: createLinePool({ threads: Math.min(settings.WORKER_CONCURRENCY, availableParallelism()) }),
  gzip: createGzipPool({ threads: Math.min(settings.WORKER_CONCURRENCY, availableParallelism()) }),
  // 1 MB is also the size of a gzip member: small enough to share the thread pool between parts,
  // large enough to compress. Each part has a block that is filled, one written, one waiting, and
  // where its lines are worked on another one for what comes of them.
  blocks: blockPool(1 << 20, 4 * settings.WORKER_CONCURRENCY),
  turns: new Turns(),
};
const inHand = new PartsInHand(context);

// Before anything waits for Redis: a worker can be asked how it is, and told to go, from the start.
const closers: (() => Promise<unknown>)[] = [];
let isStarted = false;
const health = await startHealthServer(context, () => isStarted);
installShutdown(log, [
  {
    name: 'hand parts back',
    limitMs: 20_000,
    run: () => {
      inHand.stop();
      queue.leaveWhenSilent();
      return Promise.all(closers.map((close) => close()));
    },
  },
  { name: 'close queue', limitMs: 5000, run: () => queue.close() },
  { name: 'send spans', limitMs: 3000, run: () => Promise.resolve(endTracing?.()) },
  {
    name: 'close database',
    limitMs: 5000,
    run: () => Promise.all([pool.end(), replica?.end()]),
  },
  {
    name: 'close health port',
    limitMs: 1000,
    run: () => {
      health.closeAllConnections();
      health.close();
      return Promise.resolve();
    },
  },
]);

if (replica) await checkReplicaOrExit(replica);
await holdPlacesOrExit();
const cancellation = await subscribeCancel(queueOptions, (id) => inHand.cancelExport(id));
closers.push(() => cancellation.close());
const schedule = (): Promise<void> =>
  queue.scheduleHousekeeping(settings.HOUSEKEEPING_INTERVAL).catch((error: unknown) => {
    context.faults.warn('housekeeping is not scheduled', error);
  });
await schedule();
const everyMs = Math.max(settings.HOUSEKEEPING_INTERVAL, 1000);
const scheduling = setInterval(() => void schedule(), everyMs);
const workers = startWorkers(
  {
    ...queueOptions,
    concurrency: settings.WORKER_CONCURRENCY,
    lockMs: settings.PART_LEASE,
    onError: (error, name) => context.faults.warn('queue fault', error, { queue: name }),
  },
  {
    plan: ({ exportId }) => traced('plan', { exportId }, () => planExport(context, exportId)),
    parts: ({ exportId, numbers }) => exportParts(context, inHand, exportId, numbers),
    finish: ({ exportId }) => finishExport(context, exportId),
    housekeeping: ({ exportId }) =>
      exportId === undefined ? keepHouse(context) : cleanUp(context, exportId),
  },
);
closers.push(() => {
  clearInterval(scheduling);
  return workers.close();
});
isStarted = true;
log.info('worker is ready', { concurrency: settings.WORKER_CONCURRENCY });

/** Where both run on one machine, who waits for an answer goes before who writes for minutes. */
function makeWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch (error) {
    log.debug('the priority of this process stays as it is', errorFacts(error));
  }
}

/** Without Redis there is no work; a storage that does not answer is asked again while work goes on. */
async function holdPlacesOrExit(): Promise<void> {
  const options = {
    readOwn: () => readDeployment(pool),
    onFault: (error: unknown, place: string) => {
      context.faults.warn('a place cannot be claimed now', error, { place });
    },
    onForeign: (error: ForeignPlaceError) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(78);
    },
  };
  const { redis, storage: storagePlace } = context.places;
  await holdPlaces([redis], { ...options, waitMs: Infinity });
  await holdPlaces([storagePlace], { ...options, waitMs: 5000 });
}

/** A replica of something else would give other rows; one that is away just now is done without. */
async function checkReplicaOrExit(given: Pool): Promise<void> {
  try {
    await checkReplica(pool, given);
  } catch (error) {
    if (!(error instanceof WrongReplicaError)) {
      log.warn('the replica cannot be checked now', errorFacts(error));
      return;
    }
    process.stderr.write(`${error.message}\n`);
    process.exit(78);
  }
}

function environmentOrExit(): WorkerEnvironment {
  try {
    return readWorkerEnvironment(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(78);
  }
}
