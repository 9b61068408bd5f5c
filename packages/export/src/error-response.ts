import { operationOutcome } from '@sluice/fhir';
import type { ExportError } from './errors.ts';

/** An HTTP answer as a value. Without a body it has none. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** To be written as JSON. */
  readonly body?: object;
}

/** An error as HTTP answer: an OperationOutcome, and Retry-After when there is something to wait for. */
export function errorResponse(error: ExportError): HttpResponse {
  const { retryAfterSeconds } = error;
  return {
    status: error.status,
    headers: {
      ...error.headers,
      'Content-Type': 'application/fhir+json',
      ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
    },
    // Some clients show diagnostics only, so it is never absent.
    body: operationOutcome(
      error.issues.map((issue) => ({ ...issue, diagnostics: issue.diagnostics ?? issue.text })),
    ),
  };
}
