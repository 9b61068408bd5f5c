import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';

/** How a process ended: by itself with a code, or by a signal. */
export interface ExitFacts {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A child process with a life of its own: how to stop it, and when it has ended. */
export interface Running {
  readonly pid: number;
  /** Resolves when the process has ended, however that came about. Never rejects. */
  readonly exited: Promise<ExitFacts>;
  /** Ends the process, by force after a limit; resolves when it is gone. Harmless twice. */
  stop(): Promise<void>;
}

/** Resolves with how the child ended; a child that could not be started counts as code 127. */
export function exitOf(child: ChildProcess): Promise<ExitFacts> {
  return new Promise((resolve) => {
    child.once('error', () => {
      if (child.pid === undefined) resolve({ code: 127, signal: null });
    });
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** Says how a process ended, for a message: `exit code 1`, `SIGKILL`. */
export function describeExit({ code, signal }: ExitFacts): string {
  return signal ?? `exit code ${code ?? 'unknown'}`;
}

/** Whether a process of this id exists (it may belong to another user). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Signals a process that may be gone already. */
export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits for the first message of a child, or throws when it ends without one. */
export async function firstMessage(child: ChildProcess, what: string): Promise<unknown> {
  const ended = exitOf(child).then((facts) => {
    throw new Error(`${what} did not start: ${describeExit(facts)}`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as unknown[];
  return message;
}
