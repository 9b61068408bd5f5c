import { execFile } from 'node:child_process';
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Running } from './exit-facts.ts';
import { startGuarded } from './guarded-process.ts';
import { endProcess, isServerOf } from './process-facts.ts';

const run = promisify(execFile);

/** Programs that serve as Redis when one of them is installed. */
export type RedisProgram = 'redis-server' | 'valkey-server';

/** The first program on the PATH that is new enough for the queue (6.2). */
export async function findRedisProgram(): Promise<RedisProgram | undefined> {
  for (const program of ['redis-server', 'valkey-server'] as const) {
    const { stdout } = await run(program, ['--version']).catch(() => ({ stdout: '' }));
    const [, major, minor] = /v=(\d+)\.(\d+)/.exec(stdout) ?? [];
    if (Number(major) * 100 + Number(minor) >= 602) return program;
  }
  return undefined;
}

/** Starts it with its files in `<dataDir>/redis`; ends first what was left behind there. */
export async function startRedisProgram(
  program: RedisProgram,
  dataDir: string,
  port: number,
  password: string,
  logFd: number,
): Promise<Running> {
  await mkdir(join(dataDir, 'redis'), { recursive: true, mode: 0o700 });
  const folder = await realpath(join(dataDir, 'redis'));
  const pid = Number(await readFile(join(folder, 'redis.pid'), 'utf8').catch(() => '0'));
  const isOrphan = pid > 0 && (await isServerOf(pid, folder, /redis-server|valkey-server/));
  if (isOrphan) await endProcess(pid, 'SIGTERM');
  const configuration = join(folder, 'redis.conf');
  // In a file and not on the command line, where everybody could read the password.
  await writeFile(configuration, lines(folder, port, password), { mode: 0o600 });
  const args = [configuration];
  const how = { file: program, args, stopSignal: 'SIGTERM', graceMs: 20_000 } as const;
  return startGuarded(how, logFd);
}

function lines(folder: string, port: number, password: string): string {
  const quoted = (path: string): string => JSON.stringify(path);
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${quoted(folder)}`,
    `pidfile ${quoted(join(folder, 'redis.pid'))}`,
    'maxmemory-policy noeviction',
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    '',
  ].join('\n');
}
