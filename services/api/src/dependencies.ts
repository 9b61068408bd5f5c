import type { Pool } from '@sluice/postgres';
import type { Logger } from '@sluice/runtime';
import type { ApiQueue } from './limit-queue.ts';
import type { ApiSettings } from './settings.ts';
import type { ApiStorage } from './storage.ts';

/** What the routes act with; made once per process. */
export interface Dependencies {
  readonly settings: ApiSettings;
  /** Public URL of the FHIR base, without a slash at its end. */
  readonly baseUrl: string;
  readonly pool: Pool;
  readonly queue: ApiQueue;
  readonly storage: ApiStorage;
  readonly log: Logger;
  /** Key of the signatures in file URLs; the same for every replica. */
  readonly urlKey: () => Promise<Buffer>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
