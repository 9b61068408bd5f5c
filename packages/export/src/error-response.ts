import { operationOutcome, type Issue } from '@sluice/fhir';
import { guideDialect, retryAfterText, type Dialect } from './dialect.ts';
import type { ExportError } from './errors.ts';

/** An HTTP answer as a value. Without a body it has none. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** To be written as JSON. */
  readonly body?: object;
}

/** An error as HTTP answer: an OperationOutcome, and Retry-After when there is something to wait for. */
export function errorResponse(error: ExportError, dialect: Dialect = guideDialect): HttpResponse {
  const { retryAfterSeconds: seconds } = error;
  return {
    status: error.status,
    headers: {
      ...error.headers,
      'Content-Type': 'application/fhir+json',
      ...(seconds === undefined ? {} : { 'Retry-After': retryAfterText(seconds, dialect) }),
    },
    // Some clients show diagnostics only, so it is never absent.
    body: operationOutcome(
      issuesOf(error, dialect).map((issue) => ({
        ...issue,
        diagnostics: issue.diagnostics ?? issue.text,
      })),
    ),
  };
}

function issuesOf({ code, issues }: ExportError, { notFoundCode }: Dialect): readonly Issue[] {
  if (code !== 'export-not-found' || notFoundCode === 'not-found') return issues;
  return [{ severity: 'error', code: notFoundCode, text: 'The request is not available.' }];
}
