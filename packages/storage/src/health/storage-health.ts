import type { OutputStore } from '../output-store.ts';
import type { StorageSettingsError } from '../settings/storage-settings-error.ts';
import type { StorageDescription } from '../storage-description.ts';
import { checkStorage, type CheckFault } from './check-storage.ts';
import { healthReport, settingsReport, type HealthReport } from './health-report.ts';

/** What there is to check: a store, or why there is none. */
export type CheckedStorage =
  | { readonly store: OutputStore; readonly description: StorageDescription }
  | { readonly error: StorageSettingsError };

/** Options of StorageHealth. */
export interface HealthOptions {
  /** How long a good report holds for `recent`; a bad one is looked into again at once. */
  readonly maxAgeMs?: number;
  /** Told of every fault of the store: reports do not tell its cause. */
  readonly onFault?: (fault: CheckFault) => void;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** Checks a storage, one check at a time. */
export class StorageHealth {
  readonly #checked: CheckedStorage;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  readonly #onFault: (fault: CheckFault) => void;
  #running: Promise<HealthReport> | undefined;
  #last: { readonly report: HealthReport; readonly at: number } | undefined;

  constructor(checked: CheckedStorage, options: HealthOptions = {}) {
    this.#checked = checked;
    this.#maxAgeMs = options.maxAgeMs ?? 30_000;
    this.#now = options.now ?? Date.now;
    this.#onFault = options.onFault ?? (() => undefined);
  }

  /** The report of a check that is made now; who asks during one gets its report. */
  async check(): Promise<HealthReport> {
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    return await this.#running;
  }

  /**
   * The last report, for who asks often and cannot wait: it is renewed behind the answer, once it is
   * old or was bad. Only the first one is waited for.
   */
  async recent(): Promise<HealthReport> {
    if (this.#last === undefined) return await this.check();
    const { report, at } = this.#last;
    const isOld = this.#now() - at >= this.#maxAgeMs;
    if (isOld || 'error' in report) void this.check();
    return report;
  }

  async #run(): Promise<HealthReport> {
    const report = await this.#report();
    this.#last = { report, at: this.#now() };
    return report;
  }

  async #report(): Promise<HealthReport> {
    if ('error' in this.#checked) return settingsReport(this.#checked.error);
    const { store, description } = this.#checked;
    const faults = await checkStorage(store, new Date(this.#now()));
    for (const fault of faults) this.#onFault(fault);
    return healthReport(description, faults);
  }
}
