import { smartConfiguration } from '@sluice/auth';
import type { RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { notFound } from '../middleware/error-handler.ts';
import { sendResponse } from '../send-response.ts';

/** `GET .well-known/smart-configuration`: open to everyone, of any origin, whatever Accept says. SPEC G-005, G-018 */
export function smartConfigurationRoute({ authority, settings }: Dependencies): RequestHandler {
  const tokenEndpoint = authority?.tokenEndpoint ?? settings.AUTH_TOKEN_URL;
  if (tokenEndpoint === undefined || settings.AUTH_MODE === 'none') return notFound;
  const body = smartConfiguration({
    tokenEndpoint,
    ...(authority === undefined ? {} : { jwksUri: `${authority.issuer}/jwks` }),
    ...(authority !== undefined && settings.SMART_DISCOVERY_COMPAT
      ? { authorizationEndpoint: `${authority.issuer}/authorize` }
      : {}),
  });
  const headers = { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' };
  return (_req, res) => sendResponse(res, { status: 200, headers, body });
}
