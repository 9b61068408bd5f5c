import { ExportError } from '@sluice/export';
import { errorFacts, type Logger, type Metrics, type Place } from '@sluice/runtime';
import {
  createOutputStore,
  describeStorage,
  measuredStore,
  StorageHealth,
  StoragePlace,
  StorageSettingsError,
  warnOfOldStorageNames,
  type CheckFault,
  type OutputStore,
  type StorageDescription,
} from '@sluice/storage';

/** The storage as the API has it: it answers, and says what is wrong, even if there is none. */
export interface ApiStorage {
  /** @throws ExportError `dependency-unavailable` telling what is wrong with the settings */
  store(): OutputStore;
  readonly health: StorageHealth;
  /** It belongs to one deployment; absent when there is none. */
  readonly place?: Place;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Opens the storage that the environment describes. What is wrong with it ends no process. */
export async function openStorage(
  env: Environment,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): Promise<ApiStorage> {
  for (const warning of warnOfOldStorageNames(env)) log.warn(warning);
  const described = describe(env);
  if (described instanceof StorageSettingsError) {
    log.error('there is no storage', { faults: described.faults });
    const text = `There is no storage for output files. ${described.faults.join('; ')}.`;
    return {
      store: () => {
        throw new ExportError('dependency-unavailable', text);
      },
      health: new StorageHealth({ error: described }),
    };
  }
  const bare = await createOutputStore(described, {
    onRetry: (reason) => metrics.count('sluice_storage_retries_total', { reason }),
  });
  const store = measuredStore(bare, metrics);
  const onFault = ({ operation, cause }: CheckFault): void => {
    log.warn('storage fault', { operation, ...errorFacts(cause) });
  };
  const health = new StorageHealth({ store: bare, description: described }, { onFault });
  return { store: () => store, health, place: new StoragePlace(bare, described) };
}

function describe(env: Environment): StorageDescription | StorageSettingsError {
  try {
    return describeStorage(env);
  } catch (error) {
    if (error instanceof StorageSettingsError) return error;
    throw error;
  }
}
