import { errorResponse, ExportError } from '@sluice/export';
import { errorFacts, RepeatedLog } from '@sluice/runtime';
import { StorageError } from '@sluice/storage';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { dialectOf } from '../dialect-of.ts';
import { notOffered } from '../not-offered.ts';
import { sendResponse } from '../send-response.ts';
import { isTransientFault } from '../transient-fault.ts';
import { contextOf } from './request-context.ts';

/** Turns whatever was thrown into an OperationOutcome. What is not meant for clients goes to the log. */
export function errorHandler({ log, settings }: Dependencies): ErrorRequestHandler {
  const dialect = dialectOf(settings);
  const refusals = new RepeatedLog(log);
  // Express knows an error handler by its four parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  return (thrown: unknown, _req, res, _next) => {
    const error = clientError(thrown);
    const context = contextOf(res);
    const { requestId, exportId } = context;
    if (error.status === 401 || error.status === 403) context.refused ??= reasonOf(error);
    if (error.code === 'overloaded') {
      // Nothing is at fault, and there can be thousands a second.
      refusals.warn('request refused', error.message, { code: error.code });
    } else if (error.status >= 500) {
      log.error('request failed', { requestId, exportId, ...errorFacts(thrown) });
    }
    if (res.headersSent) {
      // Cutting the connection tells the client that what it has is not whole.
      res.destroy();
      return;
    }
    sendResponse(res, errorResponse(error, dialect));
  };
}

/** For the record: what was asked for may name patients, so of parameters only the names are told. */
function reasonOf({ code, message, issues }: ExportError): string {
  const parameters = issues.flatMap(({ expression = [] }) => expression);
  return parameters.length === 0 ? message : `${code}: ${parameters.join(', ')}`;
}

/** Answers what no route took. */
export const notFound: RequestHandler = ({ method, path }) => {
  const below = /^\/fhir(?=\/|$)(.*)$/.exec(path)?.[1];
  const text =
    below === undefined ? 'There is nothing at this address.' : notOffered(method, below);
  throw new ExportError('not-found', text);
};

/** Answers a method that an address does not have; `allowed` as in the Allow header. */
export function methodNotAllowed(allowed: string): RequestHandler {
  return (req) => {
    const text = `${req.method} is not possible here; accepted: ${allowed}.`;
    throw new ExportError('method-not-allowed', text, { headers: { Allow: allowed } });
  };
}

function clientError(thrown: unknown): ExportError {
  if (thrown instanceof ExportError) return thrown;
  if (thrown instanceof StorageError) return storageFault(thrown);
  if (isTransientFault(thrown)) {
    const text = 'A service that Sluice depends on cannot be reached; try again.';
    return new ExportError('dependency-unavailable', text, { cause: thrown, retryAfterSeconds: 2 });
  }
  return httpError(thrown) ?? internalError(thrown);
}

/** What is the matter with a store is told: whoever runs it is often who asks. */
function storageFault(cause: StorageError): ExportError {
  const text = `The files cannot be reached: ${cause.message}.`;
  const retryAfterSeconds = cause.transient ? 2 : 60;
  return new ExportError('dependency-unavailable', text, { cause, retryAfterSeconds });
}

/** Errors that Express and its body parser make: they carry a status. */
function httpError(thrown: unknown): ExportError | undefined {
  const { status, limit } = (thrown ?? {}) as { status?: unknown; limit?: unknown };
  switch (status) {
    case 400:
      return new ExportError('invalid-parameter', 'The request cannot be read.', { cause: thrown });
    case 413:
      return new ExportError('body-too-large', `The body is longer than ${String(limit)} bytes.`);
    case 415:
      return new ExportError(
        'unsupported-media-type',
        'The encoding of the body is not supported.',
      );
    default:
      return undefined;
  }
}

function internalError(cause: unknown): ExportError {
  const text = 'An internal fault; the X-Request-Id of this answer leads to it in the log.';
  return new ExportError('export-failed', text, { cause });
}
