import { guideDialect, retryAfterText, type Dialect } from './dialect.ts';
import { errorResponse, type HttpResponse } from './error-response.ts';
import { ExportError } from './errors.ts';
import type { ExportSummary } from './export.ts';
import type { Manifest } from './manifest.ts';

/** Live counters of a running export. */
export interface Progress {
  readonly resources: number;
  readonly bytes: number;
}

/** What a status answer is made of, beside the export. */
export interface StatusFacts {
  /** Epoch milliseconds. */
  readonly now: number;
  readonly progress?: Progress | undefined;
  /** Required once the export is completed. */
  readonly manifest?: Manifest | undefined;
  /** Default: what the guide says. */
  readonly dialect?: Dialect;
}

/**
 * The answer to every request about an export that is not there for this client: unknown, foreign,
 * cancelled or expired. It is the same for all of them, so that it gives nothing away.
 */
export function exportNotFound(): ExportError {
  return new ExportError('export-not-found', 'There is no such export.');
}

/** Says whether status and files of an export can still be had. */
export function isAvailable(found: ExportSummary | undefined, now: number): found is ExportSummary {
  if (found === undefined || found.state === 'cancelled' || found.state === 'expired') return false;
  return found.expiresAt === undefined || Date.parse(found.expiresAt) > now;
}

/**
 * Answers a poll. https://hl7.org/fhir/uv/bulkdata/STU2/export.html#bulk-data-status-request
 * A failed export answers the same error on every poll until it is deleted or expires.
 */
export function statusResponse(found: ExportSummary | undefined, facts: StatusFacts): HttpResponse {
  const { dialect = guideDialect } = facts;
  if (!isAvailable(found, facts.now)) return errorResponse(exportNotFound(), dialect);
  switch (found.state) {
    case 'accepted':
    case 'planning':
    case 'running':
      return inProgress(found, facts, dialect);
    case 'completed':
      return completed(found, facts.manifest, dialect);
    case 'failed':
      return failed(found);
    case 'cancelled':
    case 'expired':
      return errorResponse(exportNotFound(), dialect);
  }
}

function inProgress(
  found: ExportSummary,
  { now, progress }: StatusFacts,
  dialect: Dialect,
): HttpResponse {
  const elapsedMs = now - Date.parse(found.requestedAt);
  const word = found.state === 'accepted' ? 'scheduled' : 'started';
  return {
    status: 202,
    headers: {
      'X-Progress': dialect.progressForm === 'word' ? word : progressText(found, progress),
      'Retry-After': retryAfterText(retryAfterSeconds(elapsedMs), dialect),
    },
  };
}

/** Begins with a number, which clients read, and stays below 100 characters. */
function progressText(found: ExportSummary, progress: Progress | undefined): string {
  if (found.state === 'accepted') {
    return found.slot === undefined ? '0% queued, waiting for a free slot' : '0% scheduled';
  }
  if (found.state === 'planning' || found.partsTotal === 0) return '0% planning';
  const done = found.partsCompleted;
  // Resources move before the first part is over; parts are what is left when Redis forgot.
  const share =
    progress !== undefined && progress.resources > 0 && found.resourcesEstimated > 0
      ? progress.resources / found.resourcesEstimated
      : done / found.partsTotal;
  const resources = progress === undefined ? '' : `, ${progress.resources} resources`;
  const percent = Math.min(99, Math.floor(100 * share));
  return `${percent}% complete, ${done} of ${found.partsTotal} parts${resources}`;
}

/** One second while a short export may end at any moment, then slowly up to ten. */
function retryAfterSeconds(elapsedMs: number): number {
  const beyond = Math.max(0, elapsedMs - 30_000);
  return Math.min(10, 1 + Math.floor(beyond / 15_000));
}

function completed(
  found: ExportSummary,
  manifest: Manifest | undefined,
  { progressForm }: Dialect,
): HttpResponse {
  if (manifest === undefined)
    throw new TypeError('a completed export is answered with its manifest');
  const { expiresAt } = found;
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/json',
      ...(expiresAt === undefined ? {} : { Expires: new Date(expiresAt).toUTCString() }),
      ...(progressForm === 'word' ? { 'X-Progress': 'completed' } : {}),
    },
    body: manifest,
  };
}

function failed(found: ExportSummary): HttpResponse {
  const text = found.failure?.text ?? 'The export failed.';
  const issues = found.failure === undefined ? {} : { issues: [found.failure] };
  return errorResponse(new ExportError('export-failed', text, issues));
}
