import type { Findings } from './findings.ts';
import type { KickOffOptions, KickOffRequest } from './kick-off-request.ts';
import { acceptsAny, isJsonBody, jsonTypes } from './media-range.ts';
import { parsePrefer } from './prefer.ts';
import { quoted } from './quoted.ts';

/** Answers are FHIR JSON: Accept has to admit it, and in strict mode has to be there. */
export function checkAccept(
  request: KickOffRequest,
  options: KickOffOptions,
  findings: Findings,
): void {
  const { accept } = request.headers;
  if (accept === undefined || accept.trim() === '') {
    if (options.headers === 'lenient') return;
    const text = 'The header Accept is required; accepted: application/fhir+json.';
    findings.reject('required', 'Accept', text);
  } else if (!acceptsAny(accept, jsonTypes)) {
    const text = `Accept ${quoted(accept)} excludes FHIR JSON; accepted: application/fhir+json, application/json, */*.`;
    findings.reject('not-supported', 'Accept', text, 'not-acceptable');
  }
}

/** An export is asynchronous: in strict mode the client has to say that it expects that. */
export function checkPrefer(
  request: KickOffRequest,
  options: KickOffOptions,
  findings: Findings,
): void {
  if (options.headers === 'lenient' || parsePrefer(request.headers.prefer).respondAsync) return;
  findings.reject('required', 'Prefer', 'The header Prefer: respond-async is required.');
}

/**
 * A POST that has a body carries a Parameters resource in JSON. One without a body is a kick-off with
 * the parameters of its query, whatever its Content-Type says. SPEC
 */
export function checkBodyType(request: KickOffRequest, findings: Findings): void {
  const { contentType } = request.headers;
  if (request.method === 'GET' || request.body === undefined || isJsonBody(contentType)) return;
  const text = `A body of the type ${quoted(contentType ?? '')} is not supported; accepted: ${jsonTypes.join(', ')}.`;
  findings.reject('not-supported', 'Content-Type', text, 'unsupported-media-type');
}
