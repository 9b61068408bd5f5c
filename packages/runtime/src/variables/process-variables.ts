import type { Variable } from './variable.ts';

/** Where a process listens, what it talks to, and how much it does at once. */
export const processVariables = {
  PORT: { kind: 'port', default: '8080', description: 'Port the API listens on.' },
  HOST: { kind: 'string', default: '127.0.0.1', description: 'Address the API listens on.' },
  BASE_URL: {
    kind: 'url',
    description:
      'Public URL of the FHIR base, as clients see it. Default: http://HOST:PORT/fhir. Every absolute URL that Sluice hands out starts with it.',
  },
  LOCAL_BASES: {
    kind: 'string',
    description:
      'Other URLs of the FHIR base, separated by commas: former names, names inside the network. References that begin with one of them are references to this store, as those on BASE_URL are. After a name is added, `sluice check --repair` corrects what was stored before.',
  },
  DATABASE_URL: {
    kind: 'url',
    required: true,
    description: 'Postgres that holds the resources and the exports (postgres://…).',
  },
  DATABASE_READ_URL: {
    kind: 'url',
    description:
      'A streaming replica of that Postgres, from which parts are read once it has caught up with their plan. Default: parts are read from DATABASE_URL.',
  },
  DATABASE_MAX_CONNECTIONS: {
    kind: 'integer',
    default: '16',
    minimum: 2,
    maximum: 1000,
    description: 'Connections one process may hold to Postgres.',
  },
  DATABASE_TIMEOUT: {
    kind: 'duration',
    default: '15s',
    minimum: 500,
    description:
      'How long Postgres may be silent: the API then gives a statement up and answers 503; a worker asks over another connection whether the statement still runs, and gives it up only if it does not.',
  },
  REDIS_URL: {
    kind: 'url',
    required: true,
    description: 'Redis or Valkey for queue, slot, cancellation and live progress (redis://…).',
  },
  REDIS_PREFIX: {
    kind: 'string',
    default: 'sluice',
    description: 'First part of every key in Redis; separates deployments that share one server.',
  },
  LOG_LEVEL: {
    kind: 'choice',
    choices: ['error', 'warn', 'info', 'debug'],
    default: 'info',
    description: 'Least severe level that is logged.',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    kind: 'url',
    description:
      'Where spans are sent by OTLP over HTTP, from kick-off to storage. Absent: none are made. The other OTEL_ variables of OpenTelemetry (headers, sampler) are obeyed.',
  },
  WORKER_CONCURRENCY: {
    kind: 'integer',
    default: '4',
    minimum: 1,
    maximum: 64,
    description: 'Parts that one worker process exports at the same time.',
  },
  PART_LEASE: {
    kind: 'duration',
    default: '10s',
    minimum: 1000,
    maximum: 600000,
    description:
      'How long a part stays with a worker that has stopped answering before another takes it.',
  },
  HOUSEKEEPING_INTERVAL: {
    kind: 'duration',
    default: '5s',
    minimum: 100,
    description: 'How often housekeeping runs (once for all workers).',
  },
  API_METRICS_PORT: {
    kind: 'port',
    default: '9465',
    description: 'Port of the API’s metrics, on HOST; nothing for clients is served there.',
  },
  METRICS_PORT: {
    kind: 'port',
    default: '9464',
    description: 'Port of the worker’s own health endpoints, on HOST.',
  },
} as const satisfies Record<string, Variable>;
