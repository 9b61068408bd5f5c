import type { GzipPool } from '@sluice/gzip';
import type { Pool } from '@sluice/postgres';
import type { ExportQueue } from '@sluice/queue';
import type { BufferPool, Logger, Metrics, Place, RepeatedLog } from '@sluice/runtime';
import type { OutputStore, StorageHealth } from '@sluice/storage';
import type { LinePool } from './lines/line-pool.ts';
import type { Pace } from './pace.ts';
import type { WorkerSettings } from './settings.ts';
import type { Turns } from './turns.ts';

/** What every job of a worker works with. */
export interface WorkerContext {
  readonly settings: WorkerSettings;
  readonly pool: Pool;
  /** Of DATABASE_READ_URL. */
  readonly replica: Pool | undefined;
  readonly queue: ExportQueue;
  readonly store: OutputStore;
  /** Of that store, not counted in its metrics. */
  readonly storageHealth: StorageHealth;
  /** Redis and the storage, which belong to one deployment. */
  readonly places: { readonly redis: Place; readonly storage: Place };
  /** Object stores charge for every list. */
  readonly orphanSearch: Pace;
  readonly log: Logger;
  /** Of neighbours, which may come many times a second. */
  readonly faults: RepeatedLog;
  readonly metrics: Metrics;
  /** Compresses blocks of output. */
  readonly gzip: GzipPool;
  /** Filters and changes lines. */
  readonly lines: LinePool;
  /** Memory for the blocks of output. */
  readonly blocks: BufferPool;
  /** Of parts; one that may take the process down works alone. */
  readonly turns: Turns;
}
