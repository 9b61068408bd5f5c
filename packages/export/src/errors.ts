import type { Issue, IssueCode } from '@sluice/fhir';

/** Stable names of what can go wrong; check `error.code`, not the class. */
export type ExportErrorCode =
  | 'invalid-parameter'
  | 'unsupported-parameter'
  | 'not-acceptable'
  | 'unsupported-media-type'
  | 'body-too-large'
  | 'method-not-allowed'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'deleted'
  | 'export-not-found'
  | 'export-in-progress'
  | 'polling-too-fast'
  | 'export-failed'
  | 'range-not-satisfiable'
  | 'dependency-unavailable'
  | 'overloaded';

const kinds: Readonly<Record<ExportErrorCode, { status: number; issueCode: IssueCode }>> = {
  'invalid-parameter': { status: 400, issueCode: 'invalid' },
  'unsupported-parameter': { status: 400, issueCode: 'not-supported' },
  'not-acceptable': { status: 406, issueCode: 'not-supported' },
  'unsupported-media-type': { status: 415, issueCode: 'not-supported' },
  'body-too-large': { status: 413, issueCode: 'too-long' },
  'method-not-allowed': { status: 405, issueCode: 'not-supported' },
  unauthenticated: { status: 401, issueCode: 'login' },
  forbidden: { status: 403, issueCode: 'forbidden' },
  'not-found': { status: 404, issueCode: 'not-found' },
  deleted: { status: 410, issueCode: 'deleted' },
  'export-not-found': { status: 404, issueCode: 'not-found' },
  'export-in-progress': { status: 429, issueCode: 'throttled' },
  'polling-too-fast': { status: 429, issueCode: 'throttled' },
  'export-failed': { status: 500, issueCode: 'exception' },
  'range-not-satisfiable': { status: 416, issueCode: 'value' },
  'dependency-unavailable': { status: 503, issueCode: 'transient' },
  overloaded: { status: 503, issueCode: 'throttled' },
};

/** Facts of an error beside its code and message. */
export interface ExportErrorOptions {
  readonly cause?: unknown;
  /** Answered as Retry-After. */
  readonly retryAfterSeconds?: number;
  /** Several faults in one answer; default: one issue made of the message. */
  readonly issues?: readonly Issue[];
  /** Further response headers, e.g. `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * An error that a client may see. `code` is stable; `status` is the HTTP status and `issues` the
 * body of the OperationOutcome. Anything else that is thrown is a 500 without detail.
 */
export class ExportError extends Error {
  readonly code: ExportErrorCode;
  readonly status: number;
  readonly issues: readonly Issue[];
  readonly retryAfterSeconds: number | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ExportErrorCode, message: string, options: ExportErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'ExportError';
    this.code = code;
    this.status = kinds[code].status;
    this.issues = options.issues ?? [
      { severity: 'error', code: kinds[code].issueCode, text: message },
    ];
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.headers = options.headers ?? {};
  }
}
