import { startStack, type Stack, type StackEvent } from '@sluice/embedded';
import { migrate } from '@sluice/postgres';
import { servicePaths } from './service-paths.ts';
import type { Environment } from './settings.ts';

/** What a command decides about a stack. */
export interface StackChoice {
  readonly purpose: string;
  readonly dataDir: string;
  readonly port: number;
  readonly workers: number;
  readonly environment: Environment;
  readonly preferRedis?: 'wasm' | undefined;
  readonly signal: AbortSignal;
  readonly onEvent: (event: StackEvent) => void;
}

/** Starts everything that Sluice needs on this machine; the servers the environment names are used as they are. */
export async function beginStack(choice: StackChoice): Promise<Stack> {
  const { purpose, dataDir, port, workers, environment, preferRedis, onEvent, signal } = choice;
  return await startStack({
    purpose,
    dataDir,
    port,
    host: environment['HOST'] ?? '127.0.0.1',
    workers,
    apiPath: servicePaths.api,
    workerPath: servicePaths.worker,
    env: environment,
    databaseUrl: environment['DATABASE_URL'],
    redisUrl: preferRedis === undefined ? environment['REDIS_URL'] : undefined,
    preferRedis,
    signal,
    migrate,
    onEvent,
  });
}
