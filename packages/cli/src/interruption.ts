import { writeNote } from './output.ts';

/** A terminal, npm and a shell may each pass on the same Ctrl-C. */
const samePressMs = 1000;

/** Ctrl-C and SIGTERM as an AbortSignal. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back to Node. */
  end(): void;
}

/**
 * Turns the first Ctrl-C or SIGTERM into an abort, and lets a second one force the end.
 *
 * @param force what has to be ended at once with the process
 */
export function catchInterruption(force: () => void = () => undefined): Interruption {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const onSignal = (): void => {
    if (firstAt === undefined) {
      firstAt = Date.now();
      controller.abort(new Error('Interrupted.'));
      return;
    }
    if (Date.now() - firstAt < samePressMs) return;
    writeNote('Ended by force.');
    force();
    process.exit(1);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  return {
    signal: controller.signal,
    end: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      process.off('SIGHUP', onSignal);
    },
  };
}
