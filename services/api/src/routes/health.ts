import { checkSchema } from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
import type { RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { sendResponse } from '../send-response.ts';
import { withLimit } from '../with-limit.ts';

const json = { 'Content-Type': 'application/json' };

/** `GET /healthz`: the process answers. */
export const health: RequestHandler = (_req, res) => {
  sendResponse(res, { status: 200, headers: json, body: { status: 'ok' } });
};

/** `GET /readyz`: Postgres has the schema this version expects, and Redis answers. */
export function readiness({ pool, queue, log }: Dependencies): RequestHandler {
  return async (_req, res) => {
    const check = async (name: string, work: Promise<unknown>): Promise<[string, string]> => {
      try {
        await withLimit(work, 2000);
        return [name, 'ok'];
      } catch (error) {
        log.warn('not ready', { dependency: name, ...errorFacts(error) });
        return [name, 'unavailable'];
      }
    };
    const checks = await Promise.all([
      check('postgres', checkSchema(pool)),
      check('redis', queue.ping()),
    ]);
    const ready = checks.every(([, state]) => state === 'ok');
    const body = { status: ready ? 'ok' : 'unavailable', checks: Object.fromEntries(checks) };
    sendResponse(res, { status: ready ? 200 : 503, headers: json, body });
  };
}
