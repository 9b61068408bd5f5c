import type { StagedResource, WriteSummary } from '@sluice/postgres';

/** What has been written so far. */
export interface Written {
  stored: number;
  unchanged: number;
  deleted: number;
  /** What is older than what is there, which stays. */
  older: number;
  /** Resources taken in per type, stored and unchanged alike, deletions not counted. */
  byType: Record<string, number>;
  /** Resources stored with a lastUpdated that is not newer than `since`; an upper bound where a batch was partly unchanged. */
  oldStamps: number;
  /** Resources stored with a lastUpdated that is still to come; an upper bound in the same way. */
  futureStamps: number;
  /** The last of these, as instant text. */
  latestStamp: string | undefined;
}

/** How batches are cut, and which stamps are old. */
export interface BatchWriterOptions {
  maxResources?: number;
  maxBytes?: number;
  /** The instant up to which a kept lastUpdated is old; `undefined` means none is. */
  since?: string | undefined;
}

/** More versions of one resource are not gathered before they are written. */
const maxRounds = 64;

/**
 * Gathers resources and writes some while the next are gathered. A batch never holds one resource twice: what is gathered is written in rounds, the second
 * states of resources behind the first ones. A state that does not say how old it is takes the place of another one such that was gathered before it. A
 * failed write is thrown by the next `add` that has to wait, or by `finish`.
 */
export class BatchWriter {
  readonly written: Written = {
    stored: 0,
    unchanged: 0,
    deleted: 0,
    older: 0,
    byType: {},
    oldStamps: 0,
    futureStamps: 0,
    latestStamp: undefined,
  };
  readonly #write: (batch: readonly StagedResource[]) => Promise<WriteSummary>;
  readonly #maxResources: number;
  readonly #maxBytes: number;
  readonly #since: string | undefined;
  #rounds: Map<string, StagedResource>[] = [];
  /** Types of what may not be written yet. */
  readonly #types = new Set<string>();
  #count = 0;
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();
  readonly #watches = new Set<Set<string>>();

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
      this.#count >= this.#maxResources ||
      (this.#count > 0 && this.#bytes + bytes > this.#maxBytes) ||
      this.#rounds.length > maxRounds;
    const wait = isFull ? this.#send() : undefined;
    this.#types.add(resource.type);
    for (const watch of this.#watches) watch.add(key);
    this.#roundFor(key, resource).set(key, resource);
    this.#count += 1;
    this.#bytes += bytes;
    return wait;
  }

  #roundFor(key: string, resource: StagedResource): Map<string, StagedResource> {
    const free = this.#rounds.findIndex((round) => !round.has(key));
    const last = free === -1 ? this.#rounds.at(-1) : this.#rounds[free - 1];
    const before = last?.get(key);
    if (last !== undefined && before !== undefined && isUndated(before) && isUndated(resource)) {
      return last;
    }
    const found = this.#rounds[free];
    if (found !== undefined) return found;
    const round = new Map<string, StagedResource>();
    this.#rounds.push(round);
    return round;
  }

  /** Whether resources of a type may not be written yet. */
  holds(type: string): boolean {
    return this.#types.has(type);
  }

  /** Counts a resource that is in the store already. */
  skip(type: string): void {
    this.written.unchanged += 1;
    this.#countRead(type);
  }

  /** Waits for what is being written; what is gathered stays so. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  /** `Type/id` of what is gathered now, and of what comes until `unwatch` is called with it. */
  watch(): ReadonlySet<string> {
    const watch = new Set(this.#rounds.flatMap((round) => [...round.keys()]));
    this.#watches.add(watch);
    return watch;
  }

  unwatch(watch: ReadonlySet<string>): void {
    this.#watches.delete(watch as Set<string>);
  }

  /** Writes what is left and waits for it. */
  async finish(): Promise<void> {
    await this.#send();
    await this.#writing;
    this.#types.clear();
  }

  /** Hands what is gathered over, once what came before is written. */
  async #send(): Promise<void> {
    const rounds = this.#rounds;
    this.#rounds = [];
    this.#count = 0;
    this.#bytes = 0;
    await this.#writing;
    if (rounds.length > 0) {
      this.#writing = this.#writeRounds(rounds);
      // The failure is thrown by whoever awaits #writing next; until then it must not count as unhandled.
      this.#writing.catch(() => undefined);
    }
  }

  async #writeRounds(rounds: readonly ReadonlyMap<string, StagedResource>[]): Promise<void> {
    for (const round of rounds) {
      // The store tells the resources of a batch apart by line, and two files or one Bundle can share one.
      const batch = [...round.values()].map((each, index) => ({ ...each, line: index + 1 }));
      await this.#writeBatch(batch);
    }
  }

  async #writeBatch(batch: readonly StagedResource[]): Promise<void> {
    const { stored, unchanged, deleted, older } = await this.#write(batch);
    const { written } = this;
    written.stored += stored;
    written.unchanged += unchanged;
    written.deleted += deleted;
    written.older += older;
    let oldStamps = 0;
    let futureStamps = 0;
    const now = new Date().toISOString();
    for (const { type, deleted: isDeleted, lastUpdated } of batch) {
      if (!isDeleted) this.#countRead(type);
      if (lastUpdated !== undefined && this.#since !== undefined && lastUpdated <= this.#since) {
        oldStamps += 1;
      }
      if (!isDeleted && stored > 0 && lastUpdated !== undefined && lastUpdated > now) {
        futureStamps += 1;
        const { latestStamp = '' } = written;
        written.latestStamp = lastUpdated > latestStamp ? lastUpdated : latestStamp;
      }
    }
    written.oldStamps += Math.min(oldStamps, stored);
    written.futureStamps += Math.min(futureStamps, stored);
  }

  #countRead(type: string): void {
    const { byType } = this.written;
    byType[type] = (byType[type] ?? 0) + 1;
  }
}

/** Whether it says nothing about its age. */
function isUndated({ deleted, versionId, lastUpdated }: StagedResource): boolean {
  return !deleted && versionId === undefined && lastUpdated === undefined;
}
