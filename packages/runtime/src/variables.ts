/** How a setting is written in the environment; decides its check and its conversion. */
export type VariableKind =
  'string' | 'port' | 'integer' | 'boolean' | 'duration' | 'bytes' | 'url' | 'choice';

/** One setting of Sluice: the single source of its check, its default and its row in the docs. */
export interface Variable {
  readonly kind: VariableKind;
  readonly description: string;
  /** Text as it would stand in the environment; absent: no default. */
  readonly default?: string;
  /** For `choice`: the accepted words. */
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** For `duration`: the word `forever` is accepted too, and stays that word. */
  readonly orForever?: true;
  readonly required?: boolean;
}

/**
 * Every environment variable that a Sluice process reads. Each process takes the subset it needs
 * (see `readSettings`); docs/configuration.md and .env.example are held complete against this table
 * by a test.
 */
export const variables = {
  PORT: { kind: 'port', default: '8080', description: 'Port the API listens on.' },
  HOST: { kind: 'string', default: '127.0.0.1', description: 'Address the API listens on.' },
  BASE_URL: {
    kind: 'url',
    description:
      'Public URL of the FHIR base, as clients see it. Default: http://HOST:PORT/fhir. Every absolute URL that Sluice hands out starts with it.',
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
  EXPORT_SLOTS: {
    kind: 'integer',
    default: '1',
    minimum: 1,
    maximum: 1000,
    description: 'Exports that may be active at once, per EXPORT_SLOT_SCOPE.',
  },
  EXPORT_SLOT_SCOPE: {
    kind: 'choice',
    choices: ['system', 'client'],
    default: 'system',
    description: 'Whether EXPORT_SLOTS counts for the whole system or for each client.',
  },
  ON_BUSY: {
    kind: 'choice',
    choices: ['reject', 'queue'],
    default: 'reject',
    description: 'A kick-off while every slot is taken: answer 429, or accept it and let it wait.',
  },
  MAX_WAITING_EXPORTS: {
    kind: 'integer',
    default: '100',
    minimum: 1,
    maximum: 100000,
    description: 'With ON_BUSY=queue: exports that may wait; one more is answered 429.',
  },
  KICKOFF_HEADERS: {
    kind: 'choice',
    choices: ['strict', 'lenient'],
    default: 'strict',
    description:
      'Whether a kick-off without Accept or Prefer: respond-async is refused or taken as meant.',
  },
  MAX_BODY_BYTES: {
    kind: 'bytes',
    default: '16MB',
    minimum: 1024,
    maximum: 1073741824,
    description: 'Largest body of a kick-off by POST; a longer one is answered 413.',
  },
  PART_RESOURCES: {
    kind: 'integer',
    default: '50000',
    minimum: 100,
    maximum: 10000000,
    description: 'Resources that one part (the unit of work and of retry) aims at.',
  },
  MAX_FILE_BYTES: {
    kind: 'bytes',
    default: '256MB',
    minimum: 1024,
    maximum: 1099511627776,
    description:
      'Size, before compression, past which a part goes on in a new file. Only a single larger resource exceeds it.',
  },
  MAX_RESOURCES_PER_FILE: {
    kind: 'integer',
    minimum: 1,
    maximum: 1000000000,
    description: 'Resources after which a part goes on in a new file. Default: no limit.',
  },
  RETENTION: {
    kind: 'duration',
    default: '7d',
    minimum: 1000,
    description: 'How long a completed export and its files are kept; downloads extend it.',
  },
  STUCK_AFTER: {
    kind: 'duration',
    default: '10m',
    minimum: 1000,
    description: 'An active export without any progress for this long is failed.',
  },
  SETTLE_TIMEOUT: {
    kind: 'duration',
    default: '60s',
    minimum: 0,
    description:
      'How long an export waits for transactions that were writing at its transactionTime before it moves that time back.',
  },
  SINCE_BASIS: {
    kind: 'choice',
    choices: ['last-updated', 'stored'],
    default: 'last-updated',
    description: 'What _since compares: meta.lastUpdated, or the time a version was stored.',
  },
  SINCE_CONTEXT: {
    kind: 'choice',
    choices: ['obey', 'always'],
    default: 'obey',
    description:
      'With _since, supporting resources that did not change since: left out (obey), or exported all the same (always).',
  },
  GROUP_SINCE: {
    kind: 'choice',
    choices: ['strict', 'include-new-members'],
    default: 'strict',
    description:
      'With _since at group level: what changed since, of every member (strict), or also all the data of who joined the Group since (include-new-members).',
  },
  SUPPORTING_RESOURCES: {
    kind: 'choice',
    choices: ['on', 'off'],
    default: 'on',
    description:
      'Whether exports at patient and group level hold resources outside the Patient compartment that exported ones refer to.',
  },
  TILL_SYSTEM_ONLY: {
    kind: 'boolean',
    default: 'false',
    description: 'Refuses _till at patient and group level. _until is accepted at every level.',
  },
  PATIENT_PARAM_GET: {
    kind: 'choice',
    choices: ['on', 'off'],
    default: 'on',
    description:
      'Whether patient is accepted in a query (on), or only in the body of a POST (off).',
  },
  HISTORY_RETENTION: {
    kind: 'duration',
    default: 'forever',
    minimum: 3600000,
    orForever: true,
    description:
      'How long superseded versions are kept. An _until from before that is refused, since it could not be answered exactly.',
  },
  FILE_ACCESS: {
    kind: 'choice',
    choices: ['token', 'signed'],
    description:
      'Output files need a token (token), or carry a signature in their URL (signed). Default: signed with AUTH_MODE=none.',
  },
  SIGNED_URL_TTL: {
    kind: 'duration',
    default: '1h',
    minimum: 1000,
    maximum: 604800000,
    description: 'Life of a signed file URL; every read of the manifest gives fresh ones.',
  },
  AUTH_MODE: {
    kind: 'choice',
    choices: ['none'],
    default: 'none',
    description: 'Who may call: none (anyone who can reach the API).',
  },
  ALLOW_OPEN: {
    kind: 'boolean',
    default: 'false',
    description: 'Lets AUTH_MODE=none listen on an address other than loopback.',
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
  METRICS_PORT: {
    kind: 'port',
    default: '9464',
    description: 'Port of the worker’s own health endpoints, on HOST.',
  },
  BOX_FHIR_BULK_STORAGE_PROVIDER: {
    kind: 'choice',
    choices: ['file'],
    default: 'file',
    description: 'Where output files go: file (a folder that API and workers share).',
  },
  FILE_STORAGE_DIR: {
    kind: 'string',
    default: '.sluice/files',
    description: 'Folder of the output files with BOX_FHIR_BULK_STORAGE_PROVIDER=file.',
  },
} as const satisfies Record<string, Variable>;

/** Name of a setting. */
export type VariableName = keyof typeof variables;
