import {
  findUnchanged,
  type Pool,
  type StagedResource,
  writeResources,
  type WriteSummary,
} from '@sluice/postgres';
import { Trial } from './trial.ts';

/** What writing takes. */
export interface ComparingStoreOptions {
  /** Leave what is older than what is there out. */
  keepNewer: boolean;
  /** Whether there is anything to compare with. */
  hasAny: boolean;
}

/** Writes batches, less what the store has already: hashes are compared before anything is sent. */
export class ComparingStore {
  readonly hasAny: boolean;
  readonly #pool: Pool;
  readonly #keepNewer: boolean;
  readonly #trial = new Trial();

  constructor(pool: Pool, { keepNewer, hasAny }: ComparingStoreOptions) {
    this.#pool = pool;
    this.#keepNewer = keepNewer;
    this.hasAny = hasAny;
  }

  /** Writes a batch, which holds no resource twice. */
  async write(batch: readonly StagedResource[]): Promise<WriteSummary> {
    const unchanged = await this.#findUnchanged(batch);
    const rest = unchanged.size === 0 ? batch : batch.filter((each) => !unchanged.has(each));
    const summary = await writeResources(this.#pool, rest, { keepNewer: this.#keepNewer });
    return { ...summary, unchanged: summary.unchanged + unchanged.size };
  }

  async #findUnchanged(batch: readonly StagedResource[]): Promise<Set<StagedResource>> {
    if (!this.hasAny || !this.#trial.isDue()) return new Set();
    const unchanged = await findUnchanged(this.#pool, batch);
    this.#trial.note(unchanged.size > 0);
    return unchanged;
  }
}
