import { acceptsAny, ExportError, jsonTypes } from '@sluice/export';
import type { RequestHandler } from 'express';
import { queryOf } from '../query-of.ts';
import { sendResponse } from '../send-response.ts';

const formats = new Set(['json', ...jsonTypes]);

/** Answers `GET metadata` and the like with a resource that never changes: to everyone, of any origin. SPEC G-018 */
export function conformance(body: object): RequestHandler {
  const headers = {
    'Content-Type': 'application/fhir+json',
    'Access-Control-Allow-Origin': '*',
  };
  return (req, res) => {
    const format = new URLSearchParams(queryOf(req)).get('_format');
    const isJson =
      format === null
        ? acceptsAny(req.headers.accept, [...jsonTypes, 'text/json'])
        : formats.has(format.replaceAll(' ', '+').toLowerCase());
    if (!isJson) {
      throw new ExportError(
        'not-acceptable',
        'Only JSON is offered; accepted: application/fhir+json.',
      );
    }
    sendResponse(res, { status: 200, headers, body });
  };
}
