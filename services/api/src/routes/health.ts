import { checkSchema, checkWritable, passingReason, type Pool } from '@sluice/postgres';
import { refusalReason } from '@sluice/queue';
import { errorFacts } from '@sluice/runtime';
import type { RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';
import { sendResponse } from '../send-response.ts';
import type { ApiStorage } from '../storage.ts';
import { withLimit } from '../with-limit.ts';

const json = { 'Content-Type': 'application/json' };

/** `GET /healthz`: the process answers. */
export const health: RequestHandler = (_req, res) => {
  sendResponse(res, { status: 200, headers: json, body: { status: 'ok' } });
};

/**
 * `GET /readyz`: Postgres has the schema this version expects, it and Redis take a write, and the storage does
 * what it has to, as of a short while ago. Of what is unavailable it says why, where that is known.
 */
export function readiness({ pool, queue, storage, log }: Dependencies): RequestHandler {
  return async (_req, res) => {
    const check = async (
      name: string,
      work: Promise<string | undefined>,
    ): Promise<[string, string]> => {
      try {
        return [name, (await withLimit(work, 2000)) ?? 'ok'];
      } catch (error) {
        log.warn('not ready', { dependency: name, ...errorFacts(error) });
        const reason = passingReason(error) ?? refusalReason(error);
        return [name, reason === undefined ? 'unavailable' : `unavailable: ${reason}`];
      }
    };
    const checks = await Promise.all([
      check('postgres', checkPostgres(pool)),
      check('redis', queue.ping().then(fine)),
      check('storage', storageFault(storage)),
    ]);
    const ready = checks.every(([, state]) => state === 'ok');
    const body = { status: ready ? 'ok' : 'unavailable', checks: Object.fromEntries(checks) };
    sendResponse(res, { status: ready ? 200 : 503, headers: json, body });
  };
}

/** The schema first: without it there is nothing to write to. */
async function checkPostgres(pool: Pool): Promise<undefined> {
  await checkSchema(pool);
  await checkWritable(pool);
}

const fine = (): undefined => undefined;

/** The message of its first fault, in the words of the health check. */
async function storageFault({ health }: ApiStorage): Promise<string | undefined> {
  const report = await health.recent();
  return 'error' in report ? report.error.message : undefined;
}
