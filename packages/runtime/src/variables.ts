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
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    kind: 'url',
    description:
      'Where spans are sent by OTLP over HTTP, from kick-off to storage. Absent: none are made. The other OTEL_ variables of OpenTelemetry (headers, sampler) are obeyed.',
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
    choices: ['none', 'jwt', 'smart'],
    default: 'none',
    description:
      'Who may call: anyone who can reach the API (none), who has a token of AUTH_ISSUERS (jwt), or registered clients, which get tokens here (smart).',
  },
  ALLOW_OPEN: {
    kind: 'boolean',
    default: 'false',
    description: 'Lets AUTH_MODE=none listen on an address other than loopback.',
  },
  AUTH_ISSUERS: {
    kind: 'string',
    description:
      'With AUTH_MODE=jwt: issuers of tokens, with commas between them. Their keys are found by OpenID Connect discovery, or at a URL that is given behind a space: https://id.example https://id.example/keys.',
  },
  AUTH_AUDIENCE: {
    kind: 'string',
    description:
      'With AUTH_MODE=jwt: what tokens have to be for (aud), with commas between several. Default: the FHIR base.',
  },
  AUTH_LEEWAY: {
    kind: 'duration',
    default: '60s',
    minimum: 0,
    maximum: 600000,
    description: 'By how much clocks may differ when times in tokens and assertions are checked.',
  },
  AUTH_CLAIM_SUBJECT: {
    kind: 'string',
    default: 'sub',
    description:
      'Claim of a token that says whose it is. Here and below: names or paths with dots, with commas between them; the first that is there counts.',
  },
  AUTH_CLAIM_CLIENT: {
    kind: 'string',
    default: 'client_id,azp,appid',
    description: 'Claim with the client that a token was issued to.',
  },
  AUTH_CLAIM_SCOPES: {
    kind: 'string',
    default: 'scope,scp',
    description: 'Claim with the scopes, as text with spaces or as a list.',
  },
  AUTH_CLAIM_GROUPS: {
    kind: 'string',
    description: 'Claim with the ids of Groups that may be exported. Default: all Groups.',
  },
  AUTH_CLAIM_PATIENTS: {
    kind: 'string',
    description: 'Claim with the ids of patients whose data may be had. Default: all patients.',
  },
  AUTH_TOKEN_URL: {
    kind: 'url',
    description:
      'With AUTH_MODE=jwt: the token endpoint that the discovery document names. Default: there is no such document.',
  },
  ALLOW_PRIVATE_JWKS: {
    kind: 'boolean',
    default: 'false',
    description: 'Lets key sets be fetched from private networks and by plain http.',
  },
  CLIENTS_FILE: {
    kind: 'string',
    description:
      'With AUTH_MODE=smart: JSON file that describes clients; read again whenever it changes. Default: clients are added by sluice client add.',
  },
  TOKEN_TTL: {
    kind: 'duration',
    default: '300s',
    minimum: 1000,
    maximum: 86400000,
    description: 'With AUTH_MODE=smart: life of an access token.',
  },
  TOKEN_AUDIENCES: {
    kind: 'string',
    description:
      'With AUTH_MODE=smart: further URLs of the token endpoint that an assertion may be for, with commas between them.',
  },
  JTI_REPLAY: {
    kind: 'choice',
    choices: ['strict', 'on-grant', 'off'],
    default: 'strict',
    description:
      'With AUTH_MODE=smart: when a client assertion counts as used: once it is valid, once it led to a token, or never.',
  },
  SIGNING_KEY_LIFE: {
    kind: 'duration',
    default: '30d',
    minimum: 1000,
    description:
      'With AUTH_MODE=smart: how long a key signs tokens before a new one takes its place.',
  },
  SMART_DISCOVERY_COMPAT: {
    kind: 'boolean',
    default: 'false',
    description:
      'Adds an authorization endpoint to the discovery document, which some test suites look for. It refuses.',
  },
  REQUIRE_GROUP_READ: {
    kind: 'boolean',
    default: 'true',
    description:
      'Whether an export of a Group needs the right to read it, such as system/Group.rs.',
  },
  OWNER_ISOLATION: {
    kind: 'choice',
    choices: ['subject', 'client'],
    default: 'subject',
    description: 'Whose an export is: the subject’s of the token that started it, or the client’s.',
  },
  TLS_CERT: {
    kind: 'string',
    description:
      'File with the certificate chain (PEM) of the API, which then speaks https, TLS 1.2 or later. Read again when it changes.',
  },
  TLS_KEY: { kind: 'string', description: 'File with the private key (PEM) that belongs to it.' },
  TRUST_PROXY: {
    kind: 'string',
    description:
      'Proxies whose X-Forwarded-For is believed: how many there are in front, or their addresses with commas between them. Default: none.',
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
    choices: ['file', 'aws', 'gcp', 'azure'],
    description:
      'Where output files go: a folder that API and workers share (file), Amazon S3 or a store that speaks its protocol (aws), Google Cloud Storage (gcp), Azure Blob Storage (azure). Default: file if FILE_STORAGE_DIR is set.',
  },
  FILE_STORAGE_DIR: {
    kind: 'string',
    description: 'Folder of the output files with BOX_FHIR_BULK_STORAGE_PROVIDER=file.',
  },
  BOX_FHIR_BULK_STORAGE_AWS_BUCKET: { kind: 'string', description: 'Name of the S3 bucket.' },
  BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT: {
    kind: 'string',
    description: 'Id of the AwsAccount resource in ACCOUNTS_FILE. Default: workload identity.',
  },
  BOX_FHIR_BULK_STORAGE_AWS_REGION: {
    kind: 'string',
    description: 'Region of the bucket. Default: the region of the AwsAccount, else AWS_REGION.',
  },
  BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT: {
    kind: 'url',
    description: 'URL of a store that speaks the protocol of S3. Default: Amazon’s.',
  },
  BOX_FHIR_BULK_STORAGE_AWS_PATH_STYLE: {
    kind: 'boolean',
    description:
      'Whether the bucket is named in the path of a URL instead of its host name. Default: true with an endpoint of one’s own, else false.',
  },
  BOX_FHIR_BULK_STORAGE_GCP_BUCKET: {
    kind: 'string',
    description: 'Name of the Google Cloud Storage bucket.',
  },
  BOX_FHIR_BULK_STORAGE_GCP_SERVICE_ACCOUNT: {
    kind: 'string',
    description:
      'Id of the GcpServiceAccount resource in ACCOUNTS_FILE. Default: workload identity.',
  },
  BOX_FHIR_BULK_STORAGE_GCP_ENDPOINT: {
    kind: 'url',
    description:
      'URL of a server that speaks the protocol of Google Cloud Storage. Default: Google’s.',
  },
  BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER: {
    kind: 'string',
    description:
      'Id of the AzureContainer resource in ACCOUNTS_FILE. If that names no account: workload identity.',
  },
  BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT: {
    kind: 'url',
    description:
      'URL of the blob service of the storage account. Default: https://ACCOUNT.blob.core.windows.net.',
  },
  ACCOUNTS_FILE: {
    kind: 'string',
    description:
      'File with the account resources in YAML or JSON, or a folder of such files, as Kubernetes mounts a secret.',
  },
  BOX_FHIR_BULK_STORAGE_PREFIX: {
    kind: 'string',
    description:
      'Put before the name of every object, so that several deployments can share a bucket. Default: none.',
  },
  BOX_FHIR_BULK_STORAGE_CLASS: {
    kind: 'string',
    description:
      'Storage class of the objects, in the words of the provider: STANDARD_IA, NEARLINE, Cool. Default: that of the bucket.',
  },
  BOX_FHIR_BULK_STORAGE_TAGS: {
    kind: 'string',
    description:
      'Tags (aws, azure) or metadata (gcp) of every object: name=value,name=value. Default: none.',
  },
  BOX_FHIR_BULK_STORAGE_ENCRYPTION_KEY: {
    kind: 'string',
    description:
      'What the store encrypts with: KMS key (aws, gcp) or encryption scope (azure). Default: that of the bucket.',
  },
} as const satisfies Record<string, Variable>;

/** Name of a setting. */
export type VariableName = keyof typeof variables;
