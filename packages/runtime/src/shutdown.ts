import type { Logger } from './logger.ts';
import { errorFacts } from './logger.ts';

/** One step of a shutdown, in order; it is given up after `limitMs`. */
export interface ShutdownPhase {
  readonly name: string;
  readonly limitMs: number;
  run(): Promise<unknown>;
}

/**
 * Ends the process in named, time-limited phases on SIGTERM, SIGINT, or when the supervisor that
 * forked it goes away (its IPC channel closes). A second signal ends it at once.
 */
export function installShutdown(log: Logger, phases: readonly ShutdownPhase[]): void {
  let begun = false;
  const begin = (reason: string): void => {
    if (begun) {
      if (reason !== 'disconnect') process.exit(1);
      return;
    }
    begun = true;
    log.info('shutdown begins', { reason });
    void runPhases(log, phases).then((clean) => process.exit(clean ? 0 : 1));
  };
  process.on('SIGTERM', () => begin('SIGTERM'));
  process.on('SIGINT', () => begin('SIGINT'));
  if (process.channel) process.on('disconnect', () => begin('disconnect'));
  // Forked, and the supervisor has gone before anybody listened.
  else if (process.connected === false) begin('disconnect');
}

async function runPhases(log: Logger, phases: readonly ShutdownPhase[]): Promise<boolean> {
  let clean = true;
  for (const phase of phases) {
    try {
      await withLimit(phase);
    } catch (error) {
      clean = false;
      log.warn('shutdown phase failed', { phase: phase.name, ...errorFacts(error) });
    }
  }
  return clean;
}

async function withLimit(phase: ShutdownPhase): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`took longer than ${phase.limitMs} ms`)),
      phase.limitMs,
    );
  });
  try {
    await Promise.race([phase.run(), limit]);
  } finally {
    clearTimeout(timer);
  }
}
