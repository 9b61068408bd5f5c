import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { freePort } from '@sluice/embedded';
import { checkLog } from './log-secrets.ts';
import type { MemoryCgroup } from './memory-cgroup.ts';
import { patiently } from './patience.ts';
import { tempFolder } from './temp-folder.ts';
import { waitFor } from './wait-for.ts';

/** How a process ended. */
export interface ServiceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** An API or a worker as a process of its own. */
export interface TestService {
  /** Scheme, host and port. */
  readonly url: string;
  /** FHIR base of an API. */
  readonly baseUrl: string;
  readonly metricsUrl: string;
  readonly port: number;
  readonly pid: number;
  /** Sends a signal and resolves when the process is gone; fails when there was a secret in its log. */
  kill(signal: NodeJS.Signals): Promise<ServiceExit>;
  /** SIGTERM, then waits; fails the test if the process does not end. Harmless when it has ended. */
  stop(): Promise<void>;
  /** Everything written so far, on both streams. */
  log(): string;
}

/** How to start a process. */
export interface StartOptions {
  /** What answers 200 once it is started; `/healthz` for one that is not meant to become ready. */
  readonly readyPath?: '/readyz' | '/healthz';
  /** The process runs in this group. */
  readonly cgroup?: MemoryCgroup;
  /** Options of Node, before the program. */
  readonly nodeOptions?: readonly string[];
}

const startLimitMs = 30_000;
const stopLimitMs = patiently(40_000);
const maxLogLength = 4_000_000;

/**
 * Starts `node services/api` or `node services/worker` on a free port and waits until it is ready.
 * The IPC channel makes it end with the tests.
 */
export async function startService(
  name: 'api' | 'worker',
  env: Readonly<Record<string, string>>,
  { readyPath = '/readyz', cgroup, nodeOptions = [] }: StartOptions = {},
): Promise<TestService> {
  const port = await freePort();
  const files = env['FILE_STORAGE_DIR'] ?? (await tempFolder('files'));
  const portName = name === 'api' ? 'PORT' : 'METRICS_PORT';
  const metricsPort = name === 'api' ? await freePort() : port;
  const main = resolve(import.meta.dirname, '../../services', name);
  const [program, ...words] = [...(cgroup?.launcher ?? []), process.execPath, ...nodeOptions, main];
  const child = spawn(program, words, {
    env: {
      ...process.env,
      FILE_STORAGE_DIR: files,
      [portName]: String(port),
      ...(name === 'api' ? { API_METRICS_PORT: String(metricsPort) } : {}),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (block: Buffer) => (text = (text + block.toString()).slice(-maxLogLength)));
  }
  let ended: ServiceExit | undefined;
  const exited = new Promise<ServiceExit>((done) => {
    child.once('close', (code, signal) => done((ended = { code, signal })));
  });
  const kill = async (signal: NodeJS.Signals): Promise<ServiceExit> => {
    child.kill(signal);
    const exit = await exited;
    checkLog(text, env);
    return exit;
  };
  const stop = async (): Promise<void> => {
    let force: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, fail) => {
      force = setTimeout(() => {
        child.kill('SIGKILL');
        fail(new Error(`The ${name} did not stop within ${stopLimitMs} ms:\n${text.slice(-4000)}`));
      }, stopLimitMs);
    });
    await Promise.race([kill('SIGTERM'), late]).finally(() => clearTimeout(force));
    if (env['FILE_STORAGE_DIR'] === undefined) await rm(files, { recursive: true, force: true });
  };
  const usedPort = Number(env[portName] ?? port);
  const url = `http://127.0.0.1:${usedPort}`;
  const isReady = async (): Promise<boolean> => {
    if (ended) throw new Error(`The ${name} ended (${ended.code ?? ended.signal}):\n${text}`);
    const answer = await fetch(url + readyPath).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.status === 200;
  };
  try {
    await waitFor(isReady, { timeoutMs: startLimitMs, what: `the ${name} is ready` });
  } catch (error) {
    await kill('SIGKILL');
    throw new Error(`The ${name} did not start:\n${text.slice(-4000)}`, { cause: error });
  }
  const pid = child.pid ?? 0;
  const metricsUrl = `http://127.0.0.1:${name === 'api' ? metricsPort : usedPort}/metrics`;
  return {
    url,
    baseUrl: `${url}/fhir`,
    metricsUrl,
    port: usedPort,
    pid,
    kill,
    stop,
    log: () => text,
  };
}
