import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkPortIsFree, freePort } from './free-port.ts';
import type { Running } from './exit-facts.ts';
import { startGuarded } from './guarded-process.ts';
import { openLog } from './log-file.ts';
import { findPostgres } from './postgres-binaries.ts';
import { databaseName, makeCluster, setPassword } from './postgres-cluster.ts';
import { findPostgresHome, makeDataDir, type PostgresHome } from './postgres-home.ts';
import { endOrphan, readPostmasterFile } from './postgres-orphan.ts';
import { readSecret } from './secret-file.ts';
import { waitUntil } from './wait-until.ts';

/** What `startPostgres` needs. */
export interface PostgresOptions {
  readonly dataDir: string;
  /** A free one if not given. */
  readonly port?: number;
  /** Server parameters that differ from ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A Postgres server of this machine. */
export interface EmbeddedPostgres extends Running {
  /** Of the database `sluice`, with its password. */
  readonly url: string;
  readonly port: number;
}

/**
 * For scans of large tables and bulk loading on a machine that does other things too; measured in
 * docs/performance.md.
 */
const defaultSettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: sharedBuffers(totalmem()),
  work_mem: '16MB',
  maintenance_work_mem: '256MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  wal_compression: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_locks_per_transaction: '256',
  autovacuum_naptime: '10s',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** An eighth of the machine's memory, 128 MB to 4 GB; taken from the system only as it is used. */
function sharedBuffers(memoryBytes: number): string {
  const megabytes = Math.floor(memoryBytes / 8 / 2 ** 20);
  return `${Math.min(Math.max(megabytes, 128), 4096)}MB`;
}

/** Recovery after a crash may have gigabytes to go through. */
const readyLimitMs = 600_000;
/** Backends that outlive a killed server hold its memory until they notice. */
const retryLimitMs = 20_000;

/**
 * Starts the Postgres of a data directory, makes it first where there is none, and ends one that a
 * killed supervisor left behind. The server ends when this process does, however it ends. One
 * supervisor per data directory: see `lockDataDir`.
 *
 * @throws PortInUseError when `port` is given and taken
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = makeDataDir(options.dataDir);
  const home = await findPostgresHome(dataDir);
  const binaries = await findPostgres(home.user);
  await endOrphan(home.folder);
  const { secret, isNew } = await readSecret(join(dataDir, 'postgres-password'));
  await makeCluster(binaries, home, secret);
  if (isNew) await setPassword(binaries, home, secret);
  if (options.port !== undefined) await checkPortIsFree('127.0.0.1', options.port);
  const port = options.port ?? (await freePort());
  const settings = { ...defaultSettings, ...options.settings, port: String(port) };
  const server = await startServer(dataDir, binaries.postgres, home, settings);
  const url = `postgres://${databaseName}:${secret}@127.0.0.1:${port}/${databaseName}`;
  return { ...server, url, port };
}

async function startServer(
  dataDir: string,
  command: string,
  home: PostgresHome,
  settings: Readonly<Record<string, string>>,
): Promise<Running> {
  const parameters = Object.entries(settings).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const args = ['-D', home.folder, ...parameters];
  const end = Date.now() + retryLimitMs;
  for (;;) {
    const log = openLog(dataDir, 'postgres');
    const { user } = home;
    const how = { file: command, args, user, stopSignal: 'SIGINT', graceMs: 60_000 } as const;
    const server = await startGuarded(how, log.fd).finally(() => log.close());
    if (await isReady(server, home.folder)) return server;
    await server.stop();
    const said = log.tail();
    if (Date.now() > end || !/pre-existing shared memory|lock file .* exists/.test(said)) {
      throw new Error(`Postgres did not start; its log (${log.path}) ends:\n${said}`);
    }
    await sleep(500);
  }
}

async function isReady(server: Running, folder: string): Promise<boolean> {
  let gone = false;
  void server.exited.then(() => (gone = true));
  await waitUntil(async () => gone || (await isReadyNow(server.pid, folder)), readyLimitMs);
  return !gone && (await isReadyNow(server.pid, folder));
}

async function isReadyNow(pid: number, folder: string): Promise<boolean> {
  const file = await readPostmasterFile(folder);
  return file?.pid === pid && file.isReady;
}
