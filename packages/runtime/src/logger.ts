import { createLogger as createWinston, format, transports, type Logger as Winston } from 'winston';

/** Structured logger: one JSON object per line on stdout. */
export type Logger = Winston;

/**
 * Creates the logger of one process. Facts go into the second argument of a call
 * (`log.info('part completed', { exportId, part })`); never a resource, a token or a patient's id.
 */
export function createLogger(service: string, level: string): Logger {
  return createWinston({
    level,
    defaultMeta: { service, pid: process.pid },
    format: format.combine(format.timestamp(), format.errors({ stack: true }), format.json()),
    transports: [new transports.Console({ stderrLevels: [] })],
  });
}

/** The facts of an error that belong in a log line: code, message, stack and the chain of causes. */
export function errorFacts(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: String(error) };
  const { code } = error as { code?: unknown };
  return {
    error: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: errorFacts(error.cause) }),
  };
}
