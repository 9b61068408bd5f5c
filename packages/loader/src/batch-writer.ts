import type { StagedResource, WriteSummary } from '@sluice/postgres';

/** What has been written so far. */
export interface Written {
  stored: number;
  unchanged: number;
  deleted: number;
  /** Resources taken in per type, stored and unchanged alike, deletions not counted. */
  byType: Record<string, number>;
  /** Resources stored with a lastUpdated that is not newer than `since`; an upper bound where a batch was partly unchanged. */
  oldStamps: number;
}

/** How batches are cut, and which stamps are old. */
export interface BatchWriterOptions {
  maxResources?: number;
  maxBytes?: number;
  /** The instant up to which a kept lastUpdated is old; `undefined` means none is. */
  since?: string | undefined;
}

/**
 * Gathers resources into batches and writes one while the next is gathered, in order. A batch never holds one resource twice: the second
 * begins the next batch. A failed write is thrown by the next `add` that has to wait, or by `finish`.
 */
export class BatchWriter {
  readonly written: Written = { stored: 0, unchanged: 0, deleted: 0, byType: {}, oldStamps: 0 };
  readonly #write: (batch: readonly StagedResource[]) => Promise<WriteSummary>;
  readonly #maxResources: number;
  readonly #maxBytes: number;
  readonly #since: string | undefined;
  #batch: StagedResource[] = [];
  #keys = new Set<string>();
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    write: (batch: readonly StagedResource[]) => Promise<WriteSummary>,
    options: BatchWriterOptions = {},
  ) {
    this.#write = write;
    this.#maxResources = options.maxResources ?? 20_000;
    this.#maxBytes = options.maxBytes ?? 8 * 1024 * 1024;
    this.#since = options.since;
  }

  /** Takes a resource; a promise comes back only when the caller has to wait before it may go on. */
  add(resource: StagedResource): Promise<void> | undefined {
    const key = `${resource.type}/${resource.id}`;
    const bytes = resource.head.length + (resource.tail?.length ?? 0);
    const isFull =
      this.#batch.length >= this.#maxResources ||
      (this.#batch.length > 0 && this.#bytes + bytes > this.#maxBytes) ||
      this.#keys.has(key);
    const wait = isFull ? this.#send() : undefined;
    // The store tells the resources of a batch apart by line, and two files or one Bundle can share one.
    this.#batch.push({ ...resource, line: this.#batch.length + 1 });
    this.#keys.add(key);
    this.#bytes += bytes;
    return wait;
  }

  /** Writes what is left and waits for it. */
  async finish(): Promise<void> {
    await this.#send();
    await this.#writing;
  }

  /** Hands the batch over, once the one before it is written. */
  async #send(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#keys = new Set();
    this.#bytes = 0;
    await this.#writing;
    if (batch.length > 0) {
      this.#writing = this.#writeBatch(batch);
      // The failure is thrown by whoever awaits #writing next; until then it must not count as unhandled.
      this.#writing.catch(() => undefined);
    }
  }

  async #writeBatch(batch: readonly StagedResource[]): Promise<void> {
    const { stored, unchanged, deleted } = await this.#write(batch);
    const { written } = this;
    written.stored += stored;
    written.unchanged += unchanged;
    written.deleted += deleted;
    let oldStamps = 0;
    for (const { type, deleted: isDeleted, lastUpdated } of batch) {
      if (!isDeleted) {
        written.byType[type] = (written.byType[type] ?? 0) + 1;
      }
      if (lastUpdated !== undefined && this.#since !== undefined && lastUpdated <= this.#since) {
        oldStamps += 1;
      }
    }
    written.oldStamps += Math.min(oldStamps, stored);
  }
}
