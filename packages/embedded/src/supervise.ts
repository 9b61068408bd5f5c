import { setTimeout as wait } from 'node:timers/promises';
import { describeExit, signalQuietly, type Running } from './exit-facts.ts';

/** Something that happened to one process of the stack. */
export interface StackEvent {
  readonly event: 'started' | 'died' | 'restarted' | 'not-restarted' | 'stopping' | 'stopped';
  /** `postgres`, `redis`, `api`, `worker 1` … */
  readonly name: string;
  readonly pid?: number;
  /** How it died, or why it could not be started again. */
  readonly reason?: string;
}

/** A process that is started again whenever it dies. */
export interface Supervised<R extends Running> {
  /** The first run. */
  readonly first: R;
  /** Ends it for good; resolves when the process is gone. */
  stop(): Promise<void>;
  /** Ends it at once, leaving its work as it is. */
  kill(): void;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** A process that lived this long begins again with a short pause. */
const soundMs = 30_000;

/**
 * Starts a process and starts it again when it dies, with growing pauses while it does not stay up.
 * Each run is made by `start`, which must ask for the same ports again.
 *
 * @throws what the first `start` throws; later failures are events
 */
export async function supervise<R extends Running>(
  name: string,
  start: () => Promise<R>,
  onEvent: (event: StackEvent) => void,
): Promise<Supervised<R>> {
  const first = await start();
  onEvent({ event: 'started', name, pid: first.pid });
  const ending = new AbortController();
  let current: Running | undefined = first;

  const watch = async (): Promise<void> => {
    let pauseMs = firstPauseMs;
    let running: Running = first;
    for (;;) {
      const startedAt = Date.now();
      const facts = await running.exited;
      current = undefined;
      if (ending.signal.aborted) return;
      onEvent({ event: 'died', name, pid: running.pid, reason: describeExit(facts) });
      if (Date.now() - startedAt > soundMs) pauseMs = firstPauseMs;
      for (let next: Running | undefined; !next;) {
        await wait(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined);
        if (ending.signal.aborted) return;
        pauseMs = Math.min(pauseMs * 2, longestPauseMs);
        try {
          next = await start();
        } catch (error) {
          onEvent({ event: 'not-restarted', name, reason: (error as Error).message });
          continue;
        }
        running = current = next;
        if (ending.signal.aborted) return next.stop();
        onEvent({ event: 'restarted', name, pid: next.pid });
      }
    }
  };
  const watching = watch();

  return {
    first,
    stop: async () => {
      onEvent({ event: 'stopping', name });
      ending.abort();
      await current?.stop();
      await watching;
      onEvent({ event: 'stopped', name });
    },
    kill: () => {
      ending.abort();
      if (current) signalQuietly(current.pid, 'SIGKILL');
    },
  };
}
