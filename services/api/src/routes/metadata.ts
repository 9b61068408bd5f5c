import { acceptsAny, capabilityStatement, ExportError, jsonTypes } from '@sluice/export';
import type { RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { sendResponse } from '../send-response.ts';
import { version, versionDate } from '../version.ts';

const formats = new Set(['json', ...jsonTypes]);

/** `GET metadata`: open to everyone. */
export function metadata({ baseUrl, settings }: Dependencies): RequestHandler {
  const body = capabilityStatement({
    baseUrl,
    version,
    date: versionDate,
    security: 'No authentication: anyone who can reach this address may call it.',
    supportingResources: settings.SUPPORTING_RESOURCES,
    patientParamGet: settings.PATIENT_PARAM_GET,
    tillSystemOnly: settings.TILL_SYSTEM_ONLY,
  });
  return (req, res) => {
    const format = new URLSearchParams(req.originalUrl.split('?')[1] ?? '').get('_format');
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
    sendResponse(res, { status: 200, headers: { 'Content-Type': 'application/fhir+json' }, body });
  };
}
