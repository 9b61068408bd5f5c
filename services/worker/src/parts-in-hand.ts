import { renewLeases, type ClaimedPart, type Lease, type Renewal } from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
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

interface InHand {
  readonly part: ClaimedPart;
  readonly controller: AbortController;
  readonly written: () => { resources: number; bytes: number };
  /** Bytes written when the lease was renewed last. */
  bytesSeen: number;
}

/**
 * The parts this process works on. Twice a second their leases are renewed in one statement and
 * their progress is published. A part whose lease is lost, or whose export runs no more, is aborted;
 * so are all of an export's when a cancellation comes by the channel, and all when the process stops.
 * When Postgres cannot be reached for as long as a lease lasts, every lease counts as lost.
 */
export class PartsInHand {
  readonly #context: WorkerContext;
  readonly #parts = new Set<InHand>();
  readonly #timer: NodeJS.Timeout;
  #renewedAt = Date.now();
  #renewing = false;
  #publishing = false;
  #stopped = false;

  constructor(context: WorkerContext) {
    this.#context = context;
    this.#timer = setInterval(() => void this.#renew(), 500);
  }

  /** Runs `work` with a signal that aborts when the part is to be left. */
  async hold(
    part: ClaimedPart,
    written: InHand['written'],
    work: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const inHand: InHand = { part, controller: new AbortController(), written, bytesSeen: 0 };
    if (this.#stopped) inHand.controller.abort(new PartAborted('shutdown'));
    this.#parts.add(inHand);
    try {
      await work(inHand.controller.signal);
    } finally {
      this.#parts.delete(inHand);
    }
  }

  /** Leaves the parts of an export. */
  cancelExport(exportId: string): void {
    for (const { part, controller } of this.#parts) {
      if (part.exportId === exportId) controller.abort(new PartAborted('cancelled'));
    }
  }

  /** Leaves every part and renews nothing more. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
    for (const { controller } of this.#parts) controller.abort(new PartAborted('shutdown'));
  }

  async #renew(): Promise<void> {
    if (this.#parts.size === 0) this.#renewedAt = Date.now();
    // Also while a renewal hangs: after this long other workers may have taken the parts.
    if (Date.now() - this.#renewedAt > this.#context.settings.PART_LEASE)
      this.#drop([...this.#parts]);
    if (this.#renewing || this.#parts.size === 0) return;
    this.#renewing = true;
    const asked = [...this.#parts];
    const { pool, settings, log } = this.#context;
    try {
      const kept = await renewLeases(pool, asked.map(renewal), settings.PART_LEASE);
      this.#renewedAt = Date.now();
      const names = new Set(kept.map(leaseName));
      this.#drop(asked.filter(({ part }) => !names.has(leaseName(part))));
      void this.#publish(asked);
    } catch (error) {
      log.warn('leases could not be renewed', errorFacts(error));
    } finally {
      this.#renewing = false;
    }
  }

  #drop(parts: readonly InHand[]): void {
    for (const { controller } of parts) controller.abort(new PartAborted('lease-lost'));
  }

  /** Not part of the renewal: Redis may be away for long, and leases are Postgres' affair. */
  async #publish(parts: readonly InHand[]): Promise<void> {
    if (this.#publishing) return;
    this.#publishing = true;
    try {
      await this.#writeProgress(parts);
    } catch (error) {
      this.#context.log.warn('progress could not be published', errorFacts(error));
    } finally {
      this.#publishing = false;
    }
  }

  async #writeProgress(parts: readonly InHand[]): Promise<void> {
    for (const exportId of new Set(parts.map(({ part }) => part.exportId))) {
      const written = parts
        .filter(({ part }) => part.exportId === exportId)
        .map((inHand) => ({ number: inHand.part.number, ...inHand.written() }));
      await this.#context.queue.writeProgress(exportId, written);
    }
  }
}

function renewal(inHand: InHand): Renewal {
  const { bytes } = inHand.written();
  const moved = bytes !== inHand.bytesSeen;
  inHand.bytesSeen = bytes;
  const { exportId, number, attempt } = inHand.part;
  return { exportId, number, attempt, moved };
}

function leaseName(lease: Lease): string {
  return `${lease.exportId} ${lease.number} ${lease.attempt}`;
}
