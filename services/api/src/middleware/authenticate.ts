import { AuthError } from '@sluice/auth';
import { ExportError, fileAccess } from '@sluice/export';
import type { Request, RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { conformancePaths } from '../conformance-resources.ts';
import { anyone, type Identity } from '../identity.ts';
import { queryOf } from '../query-of.ts';
import { contextOf } from './request-context.ts';

/** Open to everyone. */
const open = [...conformancePaths, '/.well-known/smart-configuration'];
/** Open to everyone when their URLs are signed: then a token beside the signature is not even looked at. SPEC E-008, E-009 */
const signed = /^\/\$export-(file|attachment)\//;

/**
 * Identifies the caller by their access token, for every route of the FHIR base: 401 without a valid one, whatever the address.
 * With AUTH_MODE=none every caller is `anyone`; on what is open to everyone a caller stays nobody. SPEC G-071 … G-079
 */
export function authenticate(deps: Dependencies): RequestHandler {
  const { identify, settings } = deps;
  const isSigned = fileAccess(settings) === 'signed';
  return async (req, res, next) => {
    const isOpen = open.includes(req.path) || (isSigned && signed.test(req.path));
    if (settings.AUTH_MODE === 'none') contextOf(res).identity = anyone;
    else if (!isOpen) contextOf(res).identity = await identifyCaller(req, identify);
    next();
  };
}

/** @throws ExportError `unauthenticated` without a valid access token */
export async function identifyCaller(
  req: Request,
  identify: Dependencies['identify'],
): Promise<Identity> {
  const token = bearerToken(req);
  if (identify === undefined) throw new TypeError('no way to identify callers');
  try {
    return await identify(token);
  } catch (error) {
    if (error instanceof AuthError) throw unauthenticated(error.message, error);
    throw error;
  }
}

function bearerToken(req: Request): string {
  // It would end up in logs, histories and manifests.
  if (new URLSearchParams(queryOf(req)).has('access_token')) {
    throw unauthenticated(
      'An access token belongs into the header Authorization, never into a URL.',
    );
  }
  const [, scheme = '', token = ''] = /^(\S+) +(\S+) *$/.exec(req.get('Authorization') ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return token;
  throw unauthenticated(
    'An access token is needed; accepted: one in the header Authorization, as Bearer.',
  );
}

function unauthenticated(text: string, cause?: unknown): ExportError {
  const challenge = `Bearer realm="sluice", error="invalid_token", error_description="${text.replace(/["\\]/g, '')}"`;
  return new ExportError('unauthenticated', text, {
    cause,
    headers: { 'WWW-Authenticate': challenge },
  });
}
