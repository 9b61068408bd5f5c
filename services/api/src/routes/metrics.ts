import type { RequestHandler } from 'express';
import type { Dependencies } from '../dependencies.ts';

/** `GET /metrics`, for Prometheus. Not below /fhir: an ingress that lets only that in keeps it inside. */
export function metrics(deps: Pick<Dependencies, 'metrics'>): RequestHandler {
  return async (_req, res) => {
    res.setHeader('Content-Type', deps.metrics.contentType);
    res.end(await deps.metrics.text());
  };
}
