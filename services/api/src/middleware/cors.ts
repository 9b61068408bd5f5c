import cors from 'cors';
import type { RequestHandler } from 'express';
import { listOf } from '../list-of.ts';

/** What a page may read of an answer beside its body. */
const exposed = [
  'Content-Location',
  'Content-Range',
  'ETag',
  'Expires',
  'Last-Modified',
  'Link',
  'Preference-Applied',
  'Retry-After',
  'X-Progress',
  'X-Request-Id',
];

/** How long a browser may keep the answer to a preflight, in seconds. */
const preflightSeconds = 600;

/**
 * Lets pages of the given origins call the FHIR base, and answers their preflights, which carry no
 * token. Credentials of the browser (cookies) are never asked for.
 *
 * @param origins `CORS_ORIGINS`: origins with commas between them, or `*` for every origin
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 */
export function allowOrigins(origins: string): RequestHandler {
  const listed = listOf(origins);
  return cors({
    origin: listed.includes('*') ? '*' : listed,
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    exposedHeaders: exposed,
    maxAge: preflightSeconds,
  });
}
