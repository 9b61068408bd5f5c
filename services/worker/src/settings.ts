import { readSettings, SettingsError, type Settings } from '@sluice/runtime';
import { describeStorage, warnOfOldStorageNames, type StorageDescription } from '@sluice/storage';

const names = [
  'DATABASE_URL',
  'DATABASE_READ_URL',
  'DATABASE_MAX_CONNECTIONS',
  'DATABASE_TIMEOUT',
  'REDIS_URL',
  'REDIS_PREFIX',
  'LOG_LEVEL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
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
  'FILE_ACCESS',
  'AUTH_MODE',
  'SINCE_CONTEXT',
  'GROUP_SINCE',
  'SUPPORTING_RESOURCES',
  'HISTORY_RETENTION',
  'WORKER_CONCURRENCY',
  'HOUSEKEEPING_INTERVAL',
  'PROFILE',
  'TEST_PROFILE',
] as const;

/** Settings of a worker process. */
export type WorkerSettings = Settings<(typeof names)[number]>;

/** What the environment of a worker says. */
export interface WorkerEnvironment {
  readonly settings: WorkerSettings;
  readonly storage: StorageDescription;
  readonly warnings: readonly string[];
}

/** Reads and checks the worker's environment. @throws SettingsError naming every fault */
export function readWorkerEnvironment(env: NodeJS.ProcessEnv): WorkerEnvironment {
  const faults: string[] = [];
  const read = <T>(from: () => T): T | undefined => {
    try {
      return from();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const settings = read(() => readWorkerSettings(env));
  const storage = read(() => describeStorage(env));
  if (!settings || !storage) throw new SettingsError(faults);
  return { settings, storage, warnings: warnOfOldStorageNames(env) };
}

function readWorkerSettings(env: NodeJS.ProcessEnv): WorkerSettings {
  const settings = readSettings(names, env);
  // Every part reads over a connection of its own; claims, renewals and records need some besides.
  const needed = settings.WORKER_CONCURRENCY + 4;
  if (settings.DATABASE_MAX_CONNECTIONS < needed) {
    throw new SettingsError([
      `DATABASE_MAX_CONNECTIONS is "${settings.DATABASE_MAX_CONNECTIONS}"; accepted: at least WORKER_CONCURRENCY + 4, here ${needed}`,
    ]);
  }
  return settings;
}
