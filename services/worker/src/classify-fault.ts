import { ExportError } from '@sluice/export';
import type { Issue } from '@sluice/fhir';
import { passingReason, sqlState, UnsettledError } from '@sluice/postgres';
import { StorageError } from '@sluice/storage';

/** SQLSTATE classes that will fail again the same way: syntax, privileges, missing or wrong objects. */
const permanentClasses = new Set(['22', '28', '2F', '3D', '3F', '42']);

/**
 * What trying again can do: `passing`, the fault goes by itself (network, failover, serialization, a
 * store that is away); `permanent`, it is the same the next time; `unknown`, neither can be said.
 */
export type FaultKind = 'passing' | 'unknown' | 'permanent';

/** Judges a fault by what threw it. */
export function judgeFault(error: unknown): FaultKind {
  if (error instanceof StorageError) return error.transient ? 'passing' : 'permanent';
  // A fault of the program is the same the next time.
  if (
    error instanceof UnsettledError ||
    error instanceof ExportError ||
    error instanceof TypeError ||
    error instanceof RangeError ||
    permanentClasses.has(sqlState(error).slice(0, 2))
  ) {
    return 'permanent';
  }
  return passingReason(error) === undefined ? 'unknown' : 'passing';
}

/** Whether trying again can help. */
export function isTransient(error: unknown): boolean {
  return judgeFault(error) !== 'permanent';
}

/** What a client is told of a fault that ended its export: what failed, without internals. */
export function failureIssue(error: unknown): Issue {
  if (error instanceof StorageError) {
    return exception(`The export could not write its files: ${error.message}.`);
  }
  // What is meant for clients is told in full.
  if (error instanceof ExportError && error.issues[0]) return error.issues[0];
  if (error instanceof UnsettledError) {
    return { severity: 'error', code: 'timeout', text: error.message };
  }
  const state = sqlState(error);
  return exception(
    /^[0-9A-Z]{5}$/.test(state)
      ? `The export could not read the database (SQLSTATE ${state}).`
      : 'The export failed by an internal fault; the log of the worker has the cause.',
  );
}

function exception(text: string): Issue {
  return { severity: 'error', code: 'exception', text };
}
