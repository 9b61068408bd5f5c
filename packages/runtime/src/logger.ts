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

/**
 * The facts of an error that belong in a log line: code, message, stack and the chain of causes. Queries of
 * URLs are cut off: they can hold a signature, or the id of a patient.
 */
export function errorFacts(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: withoutQueries(String(error)) };
  const { code } = error as { code?: unknown };
  return {
    error: withoutQueries(error.message),
    ...(code === undefined ? {} : { code }),
    stack: error.stack && withoutQueries(error.stack),
    ...(error.cause === undefined ? {} : { cause: errorFacts(error.cause) }),
  };
}

function withoutQueries(text: string): string {
  return text.replace(/\b[a-z]+:\/\/[^\s"'<>]+/g, (url) => {
    const query = url.indexOf('?');
    return query === -1 ? url : `${url.slice(0, query)}?…`;
  });
}
