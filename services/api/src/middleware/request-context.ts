import { randomUUID } from 'node:crypto';
import type { AuditEvent } from '@sluice/export';
import type { Request, RequestHandler, Response } from 'express';
import type { Holding } from '../byte-budget.ts';
import type { Dependencies } from '../dependencies.ts';
import { nobody, type Identity } from '../identity.ts';

/** What is known about a request beside itself. */
export interface RequestContext {
  readonly requestId: string;
  /** The caller; nobody, with no rights, until `authenticate` has found out. */
  identity: Identity;
  /** The subject of that identity. */
  readonly subject: string;
  /** From where, for the record. */
  readonly address: string | undefined;
  /** The memory that its body holds. */
  readonly body: Holding;
  /** The memory that its answer holds. */
  readonly answer: Holding;
  /** Why it was refused, if that belongs into the record. */
  refused?: string;
  /** Which export it is about, for the log. */
  exportId?: string;
}

/** A given id goes into logs and headers, so it has to be short and harmless. */
const harmlessId = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Gives every request an id and a subject, and writes one log line when it is over: the pattern of
 * its route, never the path or query as sent, since either can hold the id of a patient.
 */
export function requestContext({ log, now, audit, memory }: Dependencies): RequestHandler {
  return (req, res, next) => {
    const started = now();
    const given = req.get('X-Request-Id');
    const requestId = given !== undefined && harmlessId.test(given) ? given : randomUUID();
    const context: RequestContext = {
      requestId,
      identity: nobody,
      get subject() {
        return this.identity.subject;
      },
      address: req.ip,
      body: memory.bodies.open(res),
      answer: memory.answers.open(res),
    };
    res.locals['context'] = context;
    res.setHeader('X-Request-Id', requestId);
    res.setHeader('Cache-Control', 'no-store');
    res.once('close', () => {
      log.info('request', {
        method: req.method,
        route: routeOf(req),
        status: res.statusCode,
        durationMs: now() - started,
        requestId,
        ...(context.exportId === undefined ? {} : { exportId: context.exportId }),
        ...(res.writableFinished ? {} : { aborted: true }),
      });
      const { refused: reason } = context;
      if (reason !== undefined) {
        const detail = { method: req.method, route: routeOf(req), status: res.statusCode, reason };
        audit.refused({ ...callerOf(context), exportId: context.exportId, detail });
      }
    });
    next();
  };
}

/** The context of a request that came through `requestContext`. */
export function contextOf(res: Response): RequestContext {
  return res.locals['context'] as RequestContext;
}

/** Who is asking and from where, as it is recorded. */
export function callerOf({
  identity: { subject, client },
  address,
  requestId,
}: RequestContext): Pick<AuditEvent, 'subject' | 'client' | 'address' | 'requestId'> {
  return { subject: subject === nobody.subject ? undefined : subject, client, address, requestId };
}

function routeOf(req: Request): string {
  const route = req.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? route.path : 'none';
}
