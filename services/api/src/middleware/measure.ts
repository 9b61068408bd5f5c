import type { Metrics } from '@sluice/runtime';
import type { RequestHandler } from 'express';

const operations = {
  '/healthz': 'health',
  '/readyz': 'health',
  '/fhir/$export': 'kick-off',
  '/fhir/Patient/$export': 'kick-off',
  '/fhir/Group/:id/$export': 'kick-off',
  '/fhir/$export-file/:id/:name': 'file',
  '/fhir/$export-attachment/:id/:binaryId': 'file',
  '/fhir/Group': 'read',
  '/fhir/Group/_search': 'read',
  '/fhir/:type/:id': 'read',
  '/fhir/Binary/:id/_history/:versionId': 'read',
} as const;

type Operation = (typeof operations)[keyof typeof operations] | 'status' | 'cancel' | 'other';

/** Measures every request by the route that took it, never by its path, and counts kick-offs. */
export function measure(metrics: Metrics): RequestHandler {
  return (req, res, next) => {
    const begun = performance.now();
    res.once('close', () => {
      // Who has hung up before was answered nothing, whatever the status says.
      if (!res.headersSent) return;
      const route = (req.route as { path?: unknown } | undefined)?.path;
      const operation = operationOf(route, req.method);
      const status = statusClass(res.statusCode);
      const seconds = (performance.now() - begun) / 1000;
      metrics.observe('sluice_http_request_duration_seconds', { operation, status }, seconds);
      if (operation !== 'kick-off') return;
      metrics.count('sluice_kick_offs_total', { outcome: kickOffOutcome(res.statusCode) });
    });
    next();
  };
}

function operationOf(route: unknown, method: string): Operation {
  if (route === '/fhir/$export-status/:id') return method === 'DELETE' ? 'cancel' : 'status';
  return operations[route as keyof typeof operations] ?? 'other';
}

function statusClass(status: number): '2xx' | '3xx' | '4xx' | '5xx' {
  if (status < 300) return '2xx';
  if (status < 400) return '3xx';
  return status < 500 ? '4xx' : '5xx';
}

function kickOffOutcome(status: number): 'accepted' | 'busy' | 'refused' | 'failed' {
  if (status === 202) return 'accepted';
  if (status === 429) return 'busy';
  return status < 500 ? 'refused' : 'failed';
}
