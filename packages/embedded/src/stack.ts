import { join } from 'node:path';
import { lockDataDir } from './data-dir-lock.ts';
import type { Running } from './exit-facts.ts';
import { checkPortIsFree, freePort } from './free-port.ts';
import { startPostgres } from './postgres.ts';
import { makeDataDir } from './postgres-home.ts';
import { startRedis, type RedisKind } from './redis.ts';
import { startService, type ServiceCommand } from './service-process.ts';
import { removeState, writeState } from './stack-state.ts';
import { supervise, type StackEvent, type Supervised } from './supervise.ts';

/** What a stack is made of. */
export interface StackOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly host: string;
  /** How many worker processes. */
  readonly workers: number;
  /** What the lock says is running, e.g. `up`. */
  readonly purpose: string;
  /** Folders that `node` runs. */
  readonly apiPath: string;
  readonly workerPath: string;
  /** Environment of API and workers; what the stack decides itself is set over it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A Postgres of one's own: none is started then. */
  readonly databaseUrl?: string | undefined;
  /** A Redis of one's own: none is started then. */
  readonly redisUrl?: string | undefined;
  readonly preferRedis?: 'wasm' | undefined;
  /** Gives the start up; what was begun is stopped. Of no effect once the stack is ready. */
  readonly signal?: AbortSignal | undefined;
  /** Brings the database's schema up to date, before the API and the workers start. */
  readonly migrate: (databaseUrl: string) => Promise<unknown>;
  readonly onEvent: (event: StackEvent) => void;
}

/** A whole Sluice on this machine. */
export interface Stack {
  /** FHIR base. */
  readonly url: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly redisKind: RedisKind | 'given';
  /** Stops workers, API, Redis and Postgres, in this order, and gives the data directory back. */
  stop(): Promise<void>;
  /** Ends everything at once; the next start recovers. */
  kill(): void;
}

/**
 * Starts Postgres, Redis, the API and the workers, each a process of its own that is started again
 * when it dies, and resolves when all are ready. Whatever fails, nothing stays behind.
 *
 * @throws DataDirBusyError when a stack runs on the data directory already
 * @throws PortInUseError when another program listens on the API's port
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDir = makeDataDir(options.dataDir);
  const url = options.env['BASE_URL'] || baseUrl(options.host, options.port);
  const lock = await lockDataDir(dataDir, { purpose: options.purpose, url });
  const begun: Begun = { servers: [], api: [], workers: [] };
  const stop = async (): Promise<void> => {
    await Promise.all(begun.workers.map((worker) => worker.stop()));
    for (const next of [...begun.api, ...begun.servers.toReversed()]) await next.stop();
    await removeState(dataDir);
    await lock.release();
  };
  const kill = (): void => {
    for (const next of [...begun.workers, ...begun.api, ...begun.servers]) next.kill();
  };
  try {
    await checkPortIsFree(options.host, options.port);
    const servers = await beginServers(dataDir, options, begun);
    options.signal?.throwIfAborted();
    await options.migrate(servers.databaseUrl);
    options.signal?.throwIfAborted();
    await beginServices({ dataDir, url, ...servers }, options, begun);
    const { databaseUrl, redisUrl } = servers;
    const { purpose } = options;
    await writeState(dataDir, { pid: process.pid, dataDir, purpose, url, databaseUrl, redisUrl });
    return { url, ...servers, stop, kill };
  } catch (error) {
    await stop();
    // It was free before the servers were started, and may have been taken since.
    if (begun.api.length === 0) await checkPortIsFree(options.host, options.port);
    throw error;
  }
}

/** What runs so far, by the order in which it has to stop. */
interface Begun {
  readonly servers: Supervised<Running>[];
  readonly api: Supervised<Running>[];
  readonly workers: Supervised<Running>[];
}

type Servers = Pick<Stack, 'databaseUrl' | 'redisUrl' | 'redisKind'>;

/** A server that dies is started again on the port of its first run, so its URL stays. */
async function beginServers(
  dataDir: string,
  options: StackOptions,
  begun: Begun,
): Promise<Servers> {
  const begin = async <R extends Running>(name: string, start: () => Promise<R>): Promise<R> => {
    const supervised = await supervise(name, start, options.onEvent);
    begun.servers.push(supervised);
    return supervised.first;
  };
  let { databaseUrl, redisUrl } = options;
  let redisKind: Stack['redisKind'] = 'given';
  if (!databaseUrl) {
    const port = await freePort();
    databaseUrl = (await begin('postgres', () => startPostgres({ dataDir, port }))).url;
  }
  if (!redisUrl) {
    const port = await freePort();
    const prefer = options.preferRedis;
    const redis = await begin('redis', () => startRedis({ dataDir, port, prefer }));
    ({ url: redisUrl, kind: redisKind } = redis);
  }
  return { databaseUrl, redisUrl, redisKind };
}

/**
 * The API goes before the workers, which write for minutes. A compromise: the higher, the sooner
 * requests are answered, and the slower exports seemed to be. See docs/performance.md.
 */
const workerNice = 2;

/**
 * Reading its own code fills the young generation of a worker to its most, 32 MB, and there it stays. What it works on
 * are buffers, which lie elsewhere. k8s/base/worker and docker-compose.yml say the same.
 */
const workerNodeOptions = ['--max-semi-space-size=4'];

async function beginServices(
  facts: Servers & { readonly dataDir: string; readonly url: string },
  options: StackOptions,
  begun: Begun,
): Promise<void> {
  const env = {
    ...storageDefault(options.env),
    FILE_STORAGE_DIR: join(facts.dataDir, 'files'),
    ...options.env,
    DATABASE_URL: facts.databaseUrl,
    REDIS_URL: facts.redisUrl,
    BASE_URL: facts.url,
    HOST: options.host,
    PORT: String(options.port),
  };
  const begin = async (kind: 'api' | 'workers', command: ServiceCommand): Promise<void> => {
    const supervised = await supervise(command.name, () => startService(command), options.onEvent);
    begun[kind].push(supervised);
  };
  const promised = new Set([options.port]);
  const apiMetricsPort = await freePort(promised);
  promised.add(apiMetricsPort);
  const api: ServiceCommand = {
    name: 'api',
    path: options.apiPath,
    env: { ...env, API_METRICS_PORT: String(apiMetricsPort) },
    readyUrl: `http://${reachable(options.host)}:${options.port}/readyz`,
    dataDir: facts.dataDir,
    logName: 'api',
  };
  const workers: ServiceCommand[] = [];
  for (let number = 1; number <= options.workers; number += 1) {
    const port = await freePort(promised);
    promised.add(port);
    workers.push({
      name: `worker ${number}`,
      path: options.workerPath,
      env: { ...env, METRICS_PORT: String(port) },
      readyUrl: `http://${reachable(options.host)}:${port}/readyz`,
      dataDir: facts.dataDir,
      logName: `worker-${number}`,
      sessionNice: workerNice,
      nodeOptions: workerNodeOptions,
    });
  }
  // All at once: most of a start is Node reading code. The first failure counts, once all have ended.
  const begins = [begin('api', api), ...workers.map((worker) => begin('workers', worker))];
  const failed = (await Promise.allSettled(begins)).find((begin) => begin.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Both names of the setting, since two that differ are refused. */
function storageDefault(env: StackOptions['env']): Record<string, string> {
  const isChosen = env['BOX_FHIR_BULK_STORAGE_PROVIDER'] || env['box_bulk__storage_backend'];
  return isChosen ? {} : { BOX_FHIR_BULK_STORAGE_PROVIDER: 'file' };
}

function baseUrl(host: string, port: number): string {
  return `http://${reachable(host)}:${port}/fhir`;
}

/** An address to connect to, for one to listen on. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
