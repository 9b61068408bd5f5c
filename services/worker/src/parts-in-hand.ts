import type { Export } from '@sluice/export';
import { renewLeases, type Lease, type Renewal } from '@sluice/postgres';
import type { WorkerContext } from './context.ts';

/** Why a part is left before it is done. */
export class PartAborted extends Error {
  readonly reason: 'cancelled' | 'lease-lost' | 'shutdown';

  constructor(reason: PartAborted['reason']) {
    super(`the part was left: ${reason}`);
    this.name = 'PartAborted';
    this.reason = reason;
  }
}

/** What a part has written so far. */
export interface Written {
  readonly resources: number;
  readonly bytes: number;
}

/** Parts that are worked on one after the other. */
interface InHand {
  readonly exportId: string;
  readonly slot: string | undefined;
  readonly parts: readonly Lease[];
  readonly controller: AbortController;
  /** By part number. */
  readonly written: ReadonlyMap<number, Written>;
  /** Bytes written when the leases were renewed last. */
  bytesSeen: number;
}

/**
 * The parts this process works on. Twice a second their leases are renewed in one statement and
 * their progress is published. Work of which a lease is lost, or whose export runs no more, is aborted;
 * so is all of an export's when a cancellation comes by the channel, and all when the process stops.
 * When Postgres cannot be reached for as long as a lease lasts, every lease counts as lost.
 */
export class PartsInHand {
  readonly #context: WorkerContext;
  readonly #work = new Set<InHand>();
  readonly #timer: NodeJS.Timeout;
  readonly #stopping = new AbortController();
  #renewedAt = Date.now();
  #renewing = false;
  #publishing = false;

  constructor(context: WorkerContext) {
    this.#context = context;
    this.#timer = setInterval(() => void this.#renew(), 500);
  }

  /** Aborts when the process is told to end. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Runs `work` on parts of an export, with a signal that aborts when they are to be left. */
  async hold(
    { id: exportId, slot }: Pick<Export, 'id' | 'slot'>,
    parts: readonly Lease[],
    written: ReadonlyMap<number, Written>,
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const controller = new AbortController();
    const inHand: InHand = { exportId, slot, parts, controller, written, bytesSeen: 0 };
    if (this.stopping.aborted) controller.abort(this.stopping.reason);
    this.#work.add(inHand);
    try {
      await work(controller.signal);
    } finally {
      this.#work.delete(inHand);
    }
  }

  /** Leaves the parts of an export. */
  cancelExport(exportId: string): void {
    for (const inHand of this.#work) {
      if (inHand.exportId === exportId) inHand.controller.abort(new PartAborted('cancelled'));
    }
  }

  /** Leaves every part and renews nothing more. */
  stop(): void {
    this.#stopping.abort(new PartAborted('shutdown'));
    clearInterval(this.#timer);
    for (const { controller } of this.#work) controller.abort(this.stopping.reason);
  }

  async #renew(): Promise<void> {
    if (this.#work.size === 0) this.#renewedAt = Date.now();
    // Also while a renewal hangs: after this long other workers may have taken the parts.
    if (Date.now() - this.#renewedAt > this.#context.settings.PART_LEASE)
      this.#drop([...this.#work]);
    if (this.#renewing || this.#work.size === 0) return;
    this.#renewing = true;
    const asked = [...this.#work];
    const { pool, settings, faults } = this.#context;
    try {
      const kept = await renewLeases(pool, asked.flatMap(renewals), settings.PART_LEASE);
      this.#renewedAt = Date.now();
      const names = new Set(kept.map(leaseName));
      this.#drop(asked.filter(({ parts }) => !parts.every((part) => names.has(leaseName(part)))));
      void this.#publish(asked);
    } catch (error) {
      faults.warn('leases could not be renewed', error);
    } finally {
      this.#renewing = false;
    }
  }

  #drop(work: readonly InHand[]): void {
    for (const { controller } of work) controller.abort(new PartAborted('lease-lost'));
  }

  /** Not part of the renewal: Redis may be away for long, and leases are Postgres' affair. */
  async #publish(work: readonly InHand[]): Promise<void> {
    if (this.#publishing) return;
    this.#publishing = true;
    try {
      await this.#writeProgress(work);
    } catch (error) {
      this.#context.faults.warn('progress could not be published', error);
    } finally {
      this.#publishing = false;
    }
  }

  async #writeProgress(work: readonly InHand[]): Promise<void> {
    for (const { exportId, slot, written } of work) {
      if (slot === undefined) continue;
      const progress = [...written].map(([number, { resources, bytes }]) => ({
        number,
        resources,
        bytes,
      }));
      await this.#context.queue.writeProgress({ exportId, slot }, progress);
    }
  }
}

function renewals(inHand: InHand): Renewal[] {
  const bytes = [...inHand.written.values()].reduce((sum, part) => sum + part.bytes, 0);
  const moved = bytes !== inHand.bytesSeen;
  inHand.bytesSeen = bytes;
  return inHand.parts.map(({ exportId, number, attempt }) => ({
    exportId,
    number,
    attempt,
    moved,
  }));
}

function leaseName(lease: Lease): string {
  return `${lease.exportId} ${lease.number} ${lease.attempt}`;
}
