import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { exitOf, firstMessage, signalQuietly, type Running } from './exit-facts.ts';

/** A server to be started under a guard, as the guard process receives it. */
export interface GuardedCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** The signal that makes this server stop in good order … */
  readonly stopSignal: NodeJS.Signals;
  /** … and the time it is given for it. */
  readonly graceMs: number;
  /** Another user than ours to run it as. */
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
}

/** Works from src and from dist: both lie beside each other, and a process is always run from dist. */
const guardFile = join(import.meta.dirname, '..', 'dist', 'guard.js');

/** Starts a server that cannot outlive this process; `pid` is the server's, not the guard's. */
export async function startGuarded(command: GuardedCommand, logFd: number): Promise<Running> {
  const guard = spawn(process.execPath, [guardFile, JSON.stringify(command)], {
    // A group of its own: Ctrl-C in a terminal is for the supervisor alone.
    detached: true,
    cwd: '/',
    stdio: ['ignore', logFd, logFd, 'ipc'],
  });
  const exited = exitOf(guard);
  const { pid } = (await firstMessage(guard, command.file)) as { pid: number };
  // A guard that was killed cannot stop its server any more.
  const gone = exited.then((facts) => {
    if (facts.signal !== null) signalQuietly(pid, command.stopSignal);
    return facts;
  });
  return {
    pid,
    exited: gone,
    stop: async () => {
      if (guard.connected) guard.disconnect();
      const force = setTimeout(() => guard.kill('SIGKILL'), command.graceMs + 5_000);
      await gone;
      clearTimeout(force);
    },
  };
}
