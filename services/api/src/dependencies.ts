import type { Pool } from '@sluice/postgres';
import type { Logger, Metrics } from '@sluice/runtime';
import type { Audit } from './audit.ts';
import type { Authority } from './authority.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { Downloads } from './downloads.ts';
import type { Identify } from './identity.ts';
import type { ApiQueue } from './limit-queue.ts';
import type { ApiSettings } from './settings.ts';
import type { ApiStorage } from './storage.ts';

/** What the routes act with; made once per process. */
export interface Dependencies {
  readonly settings: ApiSettings;
  /** Public URL of the FHIR base, without a slash at its end. */
  readonly baseUrl: string;
  /** Its other names: LOCAL_BASES. */
  readonly otherBases: readonly string[];
  readonly pool: Pool;
  readonly queue: ApiQueue;
  readonly storage: ApiStorage;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Key of the signatures in file URLs; the same for every replica. */
  readonly urlKey: () => Promise<Buffer>;
  /** What requests hold in memory. */
  readonly memory: { readonly bodies: ByteBudget; readonly answers: ByteBudget };
  readonly downloads: Downloads;
  readonly audit: Audit;
  /** Absent with AUTH_MODE=none: nobody is asked who they are. */
  readonly identify: Identify | undefined;
  /** With AUTH_MODE=smart. */
  readonly authority: Authority | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
