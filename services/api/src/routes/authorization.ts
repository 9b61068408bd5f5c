import { AuthError, type TokenAttempt } from '@sluice/auth';
import { errorFacts } from '@sluice/runtime';
import express, { type ErrorRequestHandler, type RequestHandler, type Router } from 'express';
import type { Authority } from '../authority.ts';
import type { Dependencies } from '../dependencies.ts';
import { methodNotAllowed, notFound } from '../middleware/error-handler.ts';
import { contextOf } from '../middleware/request-context.ts';
import { smallBody } from '../read-body.ts';
import { sendResponse } from '../send-response.ts';

const maxBody = 65_536;

/** The authorization server's addresses, below `/auth`: they answer in the words of OAuth, and never with an OperationOutcome. */
export function authorization(deps: Dependencies, authority: Authority): Router {
  const router = express.Router({ caseSensitive: true });
  router
    .route('/token')
    .post(smallBody(maxBody), token(deps, authority))
    .all(methodNotAllowed('POST'));
  router.route('/jwks').get(keySet(authority)).all(methodNotAllowed('GET, HEAD'));
  if (deps.settings.SMART_DISCOVERY_COMPAT) router.route('/authorize').get(refuseUsers);
  router.use(notFound);
  router.use(oauthError(deps));
  return router;
}

/** `POST token`. What becomes of it is recorded, with nothing of what was sent but who it said to be from. */
function token({ audit }: Dependencies, authority: Authority): RequestHandler {
  return async (req, res) => {
    const { address, requestId } = contextOf(res);
    const attempt: TokenAttempt = {};
    const body: unknown = req.body;
    const form = Buffer.isBuffer(body) ? body.toString() : '';
    res.setHeader('Pragma', 'no-cache');
    try {
      const server = await authority.server();
      await server.token(req, res, form, attempt);
      const { clientId: client, scopes } = attempt;
      const succeeded = res.statusCode === 200;
      const known = { subject: client, client, address, requestId };
      await audit.record({ ...known, action: 'token', succeeded, detail: { scopes } });
    } catch (error) {
      const reason = error instanceof AuthError ? reasonOf(error) : 'a fault of the server';
      const detail = { route: '/auth/token', claimedClient: attempt.clientId, reason };
      audit.refused({ address, requestId, detail });
      throw error;
    }
  };
}

/** The record may know what the client is not told. */
function reasonOf({ message, cause }: AuthError): string {
  return cause instanceof AuthError ? cause.message : message;
}

function keySet(authority: Authority): RequestHandler {
  return async (req, res) => {
    await (await authority.server()).keySet(req, res);
  };
}

/** Nobody signs in here. SPEC G-013 */
const refuseUsers: RequestHandler = () => {
  throw new AuthError('unauthorized_client', 'Only clients by themselves get tokens here.');
};

function oauthError({ log }: Dependencies): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  return (thrown: unknown, _req, res, _next) => {
    const { code, status, text } = oauthFault(thrown);
    if (status >= 500) {
      log.error('request failed', { requestId: contextOf(res).requestId, ...errorFacts(thrown) });
    }
    if (res.headersSent) {
      res.destroy();
      return;
    }
    const headers = {
      'Content-Type': 'application/json',
      Pragma: 'no-cache',
      ...headersOf(thrown),
    };
    sendResponse(res, { status, headers, body: { error: code, error_description: text } });
  };
}

function oauthFault(thrown: unknown): { code: string; status: number; text: string } {
  if (thrown instanceof AuthError) {
    return { code: thrown.code, status: thrown.status, text: thrown.message };
  }
  const { status } = (thrown ?? {}) as { status?: unknown };
  if (typeof status === 'number' && status < 500) {
    return { code: 'invalid_request', status, text: 'The request cannot be answered as it is.' };
  }
  const text = 'The token endpoint cannot answer now; try again.';
  return { code: 'temporarily_unavailable', status: 503, text };
}

function headersOf(thrown: unknown): Record<string, string> {
  return (thrown as { headers?: Record<string, string> } | null)?.headers ?? {};
}
