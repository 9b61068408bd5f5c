import { acceptsAny, capabilityStatement, ExportError, jsonTypes } from '@sluice/export';
import type { RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { sendResponse } from '../send-response.ts';
import { version, versionDate } from '../version.ts';

const formats = new Set(['json', ...jsonTypes]);

const security = {
  none: 'No authentication: anyone who can reach this address may call it.',
  jwt: 'OAuth 2.0: an access token of a trusted issuer, with SMART scopes for system access.',
  smart: 'OAuth 2.0: SMART Backend Services, client_credentials with private_key_jwt.',
};

/** `GET metadata`: open to everyone, of any origin. SPEC G-018 */
export function metadata({ baseUrl, settings, authority }: Dependencies): RequestHandler {
  const body = capabilityStatement({
    baseUrl,
    version,
    date: versionDate,
    security: security[settings.AUTH_MODE],
    tokenUrl: authority?.tokenEndpoint ?? settings.AUTH_TOKEN_URL,
    supportingResources: settings.SUPPORTING_RESOURCES,
    patientParamGet: settings.PATIENT_PARAM_GET,
    tillSystemOnly: settings.TILL_SYSTEM_ONLY,
  });
  const headers = {
    'Content-Type': 'application/fhir+json',
    'Access-Control-Allow-Origin': '*',
  };
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
    sendResponse(res, { status: 200, headers, body });
  };
}
