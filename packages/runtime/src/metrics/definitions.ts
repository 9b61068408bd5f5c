/** One metric of Sluice: the single source of its form and of its row in docs/monitoring.md. */
export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** Processes that have it. */
  readonly of: readonly ('api' | 'worker')[];
  readonly help: string;
  /** Label names, each with all the values it can have. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Upper bounds, in the unit of the name. */
  readonly buckets?: readonly number[];
}

const short = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
const long = [0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800] as const;
const typeClasses = ['patient', 'compartment', 'other'] as const;
const queues = ['plan', 'parts', 'finish', 'housekeeping'] as const;
const storageOperations = ['write', 'commit', 'read', 'find', 'list', 'remove', 'sign'] as const;

/**
 * Every metric of Sluice's own. Names end with their unit; labels have closed sets of values, so that
 * neither clients nor data can make series. Beside these a process has the default metrics of
 * prom-client (memory, CPU, event loop, garbage collection).
 */
export const metricDefinitions = {
  sluice_exports: {
    kind: 'gauge',
    of: ['api'],
    help: 'Exports by state. The same from every replica.',
    labels: {
      state: ['accepted', 'planning', 'running', 'completed', 'failed', 'cancelled', 'expired'],
    },
  },
  sluice_slot_held_seconds: {
    kind: 'gauge',
    of: ['api'],
    help: 'How long the oldest active export has held its slot; 0 when none is active. The same from every replica.',
    labels: {},
  },
  sluice_queue_jobs: {
    kind: 'gauge',
    of: ['api'],
    help: 'Jobs in the queues by state. The same from every replica.',
    labels: {
      queue: queues,
      state: ['waiting', 'active', 'delayed'],
    },
  },
  sluice_queue_oldest_seconds: {
    kind: 'gauge',
    of: ['api'],
    help: 'Age of the job that has waited longest; 0 when none waits. The same from every replica.',
    labels: { queue: queues },
  },
  sluice_scrape_fault: {
    kind: 'gauge',
    of: ['api'],
    help: '1 when Postgres (postgres) or Redis (redis) could not be asked for the metrics that come from there.',
    labels: { source: ['postgres', 'redis'] },
  },
  sluice_kick_offs_total: {
    kind: 'counter',
    of: ['api'],
    help: 'Kick-offs by what was answered: accepted, busy (429), refused (another 4xx), failed (5xx).',
    labels: { outcome: ['accepted', 'busy', 'refused', 'failed'] },
  },
  sluice_http_request_duration_seconds: {
    kind: 'histogram',
    of: ['api'],
    help: 'Time from a request to the end of its answer, by what it was about.',
    labels: {
      operation: ['kick-off', 'status', 'cancel', 'file', 'read', 'health', 'other'],
      status: ['2xx', '3xx', '4xx', '5xx'],
    },
    buckets: short,
  },
  sluice_exports_ended_total: {
    kind: 'counter',
    of: ['worker'],
    help: 'Exports that this worker has ended.',
    labels: { state: ['completed', 'failed'] },
  },
  sluice_written_resources_total: {
    kind: 'counter',
    of: ['worker'],
    help: 'Resources written to output files, those of parts that were given up too: Patients, other types of the Patient compartment, and all others.',
    labels: { type_class: typeClasses },
  },
  sluice_written_bytes_total: {
    kind: 'counter',
    of: ['worker'],
    help: 'Bytes written to output files, as stored, by the same classes.',
    labels: { type_class: typeClasses },
  },
  sluice_part_duration_seconds: {
    kind: 'histogram',
    of: ['worker'],
    help: 'Time to write one part, by how it ended.',
    labels: { outcome: ['written', 'failed', 'aborted'] },
    buckets: long,
  },
  sluice_database_read_seconds: {
    kind: 'histogram',
    of: ['worker'],
    help: 'Time from the query of a part to its first block of rows.',
    labels: {},
    buckets: short,
  },
  sluice_settle_wait_seconds: {
    kind: 'histogram',
    of: ['worker'],
    help: 'Time that an export waited for transactions that were writing at its transactionTime.',
    labels: {},
    buckets: [0.005, 0.05, 0.5, 1, 5, 10, 30, 60, 120],
  },
  sluice_lease_losses_total: {
    kind: 'counter',
    of: ['worker'],
    help: 'Times that work was left because the lease of a part was lost.',
    labels: {},
  },
  sluice_part_retries_total: {
    kind: 'counter',
    of: ['worker'],
    help: 'Parts that are tried again after a transient fault.',
    labels: {},
  },
  sluice_storage_operations_total: {
    kind: 'counter',
    of: ['api', 'worker'],
    help: 'Operations on the storage by outcome; retries within an operation count once.',
    labels: {
      operation: storageOperations,
      outcome: ['ok', 'not-found', 'denied', 'unavailable', 'other'],
    },
  },
  sluice_storage_operation_duration_seconds: {
    kind: 'histogram',
    of: ['api', 'worker'],
    help: 'Time that an operation on the storage took; of a write, each block.',
    labels: { operation: storageOperations },
    buckets: short,
  },
  sluice_storage_retries_total: {
    kind: 'counter',
    of: ['api', 'worker'],
    help: 'Requests sent to the storage again: throttled (too many), unavailable (another error), connection (no whole answer), corrupt (changed).',
    labels: { reason: ['throttled', 'unavailable', 'connection', 'corrupt'] },
  },
} as const satisfies Record<string, MetricDefinition>;

/** Name of a metric. */
export type MetricName = keyof typeof metricDefinitions;
