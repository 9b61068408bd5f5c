import { SilentConnectionError } from './silence.ts';
import { sqlState } from './sql-state.ts';

/**
 * What may pass by itself, and why: SQLSTATEs, or their first two characters for a whole class.
 * Everything else is the same the next time, or a fault of the program.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const passingStates: Readonly<Record<string, string>> = {
  '08000': 'the connection failed',
  '08001': 'no connection could be made',
  '08003': 'the connection is gone',
  '08004': 'the server, or a pooler in front of it, refused the connection',
  '08006': 'the connection broke',
  '25006': 'the server takes no writes: a standby, or a primary that is being replaced',
  '25P03': 'the connection was ended while it waited inside a transaction',
  '40001': 'a concurrent transaction won, or a standby had to go on with its replay',
  '40P01': 'a concurrent transaction won (deadlock)',
  '53': 'the server is out of disk, memory or connections',
  '55P03': 'a lock was not to be had in time',
  '57014': 'the statement was cancelled, by a time limit or an operator',
  '57P01': 'the server is being shut down',
  '57P02': 'the server has crashed and starts again',
  '57P03': 'the server is starting',
  '57P05': 'the connection was idle for too long',
  '58030': 'the server could not read or write its files',
};

/** A pooler says so when it drops a client; Postgres itself uses it, as an ERROR, for a malformed message. */
const droppedByPooler = '08P01';

/** Of Node's sockets and resolver. */
const passingSocketCodes: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** What pg throws without a code, when a connection breaks or does not answer. */
const passingMessages =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|Client (has encountered a connection error|was closed) and is not queryable)/;

/**
 * Says why a failed call may succeed later: the fault is one of reaching Postgres (or any other server, as
 * far as Node's sockets report it), or Postgres said so. `undefined`: it is not known to pass.
 */
export function passingReason(error: unknown): string | undefined {
  if (error instanceof AggregateError) return firstReason(error.errors);
  if (!(error instanceof Error)) return undefined;
  const state = sqlState(error);
  return (
    passingStates[state] ??
    passingStates[state.slice(0, 2)] ??
    (isConnectionFault(error) ? 'the connection failed' : passingReason(error.cause))
  );
}

/** Whether the connection is of no more use: it broke, or it does not answer. */
export function isConnectionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { severity } = error as { severity?: unknown };
  const state = sqlState(error);
  return (
    error instanceof SilentConnectionError ||
    passingSocketCodes.has(state) ||
    (state === droppedByPooler && severity === 'FATAL') ||
    passingMessages.test(error.message)
  );
}

function firstReason(errors: readonly unknown[]): string | undefined {
  return errors.map(passingReason).find((reason) => reason !== undefined);
}
