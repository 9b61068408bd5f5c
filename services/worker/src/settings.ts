import { readSettings, type Settings } from '@sluice/runtime';
import { storageSettingNames } from '@sluice/storage';

const names = [
  'DATABASE_URL',
  'DATABASE_MAX_CONNECTIONS',
  'REDIS_URL',
  'REDIS_PREFIX',
  'LOG_LEVEL',
  'HOST',
  'METRICS_PORT',
  'EXPORT_SLOTS',
  'EXPORT_SLOT_SCOPE',
  'PART_RESOURCES',
  'PART_LEASE',
  'MAX_FILE_BYTES',
  'MAX_RESOURCES_PER_FILE',
  'RETENTION',
  'STUCK_AFTER',
  'SETTLE_TIMEOUT',
  'SINCE_BASIS',
  'WORKER_CONCURRENCY',
  'HOUSEKEEPING_INTERVAL',
  ...storageSettingNames,
] as const;

/** Settings of a worker process. */
export type WorkerSettings = Settings<(typeof names)[number]>;

/** Reads and checks the worker's environment. @throws SettingsError naming every fault */
export function readWorkerSettings(env: NodeJS.ProcessEnv): WorkerSettings {
  return readSettings(names, env);
}
