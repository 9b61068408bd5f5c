import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { listening } from '@sluice/runtime';
import { describeExit, exitOf, type Running } from './exit-facts.ts';
import { openLog, type LogFile } from './log-file.ts';
import { setSessionPriority } from './session-priority.ts';

/** A process of Sluice to be started: a folder that `node` can run, and its whole environment. */
export interface ServiceCommand {
  readonly name: string;
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Answers 200 once the process does its work. */
  readonly readyUrl: string;
  readonly dataDir: string;
  /** Name of its log in the data directory. */
  readonly logName: string;
  /** Of its session; see setSessionPriority. As it is when not given. */
  readonly sessionNice?: number;
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
}

const startLimitMs = 60_000;
/** Running work is given back in this time; see the services' own shutdown. */
const stopLimitMs = 35_000;

/**
 * Starts one process of Sluice and waits until it is ready. The process holds an IPC channel to this
 * one and ends when that closes.
 */
export async function startService(command: ServiceCommand): Promise<Running> {
  const log = openLog(command.dataDir, command.logName);
  const child = fork(command.path, [], {
    detached: true,
    execArgv: [...(command.nodeOptions ?? [])],
    env: { ...command.env },
    stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  log.close();
  if (command.sessionNice !== undefined && child.pid !== undefined) {
    setSessionPriority(child.pid, command.sessionNice);
  }
  const exited = exitOf(child);
  const running: Running = {
    pid: child.pid ?? 0,
    exited,
    stop: async () => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
      await exited;
      clearTimeout(force);
    },
  };
  await untilReady(command, running, { log, listens: whetherListens(child) });
  return running;
}

/** Whether the process has said that it listens on its port: until then the port is perhaps another program's. */
function whetherListens(child: ChildProcess): () => boolean {
  let listens = false;
  child.on('message', (message) => (listens ||= message === listening));
  return () => listens;
}

async function untilReady(
  { name, readyUrl }: ServiceCommand,
  running: Running,
  { log, listens }: { readonly log: LogFile; readonly listens: () => boolean },
): Promise<void> {
  let failure: string | undefined;
  void running.exited.then((facts) => (failure = describeExit(facts)));
  const end = Date.now() + startLimitMs;
  for (; !(listens() && (await isReady(readyUrl))); await wait(50)) {
    if (Date.now() > end) {
      failure = `not ready within ${startLimitMs / 1000} s`;
      await running.stop();
    }
    if (failure !== undefined) {
      throw new Error(
        `${name} did not start (${failure}); its log (${log.path}) ends:\n${log.tail()}`,
      );
    }
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
