import type { PartQueryOptions } from '@sluice/postgres';
import type { WorkerSettings } from './settings.ts';

/** What the deployment's settings say of how parts are read. */
export function queryOptions(settings: WorkerSettings): PartQueryOptions {
  return { sinceBasis: settings.SINCE_BASIS, sinceContext: settings.SINCE_CONTEXT };
}
