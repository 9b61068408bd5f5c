import type { Place } from '@sluice/runtime';
import { Queue } from 'bullmq';
import { ExportSlots, type SlotTry } from './export-slot.ts';
import { leaveSilentRedis } from './leave-silent-redis.ts';
import {
  queueNames,
  type FinishMessage,
  type HousekeepingMessage,
  type PartsMessage,
  type PlanMessage,
} from './messages.ts';
import { countPoll, type PollVerdict } from './poll-limit.ts';
import { progressKey, writeProgress, type PartProgress } from './progress.ts';
import { createRedis } from './redis.ts';
import { RedisPlace } from './redis-place.ts';
import { telemetryOf } from './telemetry.ts';

/** Where the queue lives. */
export interface QueueOptions {
  readonly redisUrl: string;
  /** First part of every key. */
  readonly prefix: string;
  /** Jobs carry the trace they belong to. */
  readonly traced?: boolean;
}

/** One queue as it stands. */
export interface QueueState {
  readonly queue: 'plan' | 'parts' | 'finish' | 'housekeeping';
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  /** Epoch milliseconds. */
  readonly oldestAt?: number;
}

/**
 * Redis as Sluice uses it from the sending side. Every job has the name of its work as its id, so
 * that enqueueing twice adds nothing; finished jobs are removed at once, so that work can be
 * enqueued again when Postgres says that it is not done.
 */
export class ExportQueue {
  readonly #redis;
  readonly #prefix: string;
  readonly #plan: Queue<PlanMessage>;
  readonly #parts: Queue<PartsMessage>;
  readonly #finish: Queue<FinishMessage>;
  readonly #housekeeping: Queue<HousekeepingMessage>;
  readonly slots: ExportSlots;
  /** Redis below the prefix, which belongs to one deployment. */
  readonly place: Place;
  #stopWatching: (() => void) | undefined;

  constructor(options: QueueOptions) {
    this.#prefix = options.prefix;
    this.#redis = createRedis(options.redisUrl);
    const settings = {
      connection: this.#redis,
      prefix: options.prefix,
      ...telemetryOf(options),
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
    };
    this.#plan = new Queue(queueNames.plan, settings);
    this.#parts = new Queue(queueNames.parts, settings);
    this.#finish = new Queue(queueNames.finish, settings);
    this.#housekeeping = new Queue(queueNames.housekeeping, settings);
    this.slots = new ExportSlots(this.#redis, options.prefix);
    this.place = new RedisPlace(this.#redis, options.prefix);
    for (const queue of [this.#plan, this.#parts, this.#finish, this.#housekeeping]) {
      queue.on('error', () => undefined);
    }
  }

  /** Asks for an export to be planned. */
  async enqueuePlan(exportId: string): Promise<void> {
    await this.#plan.add('plan', { exportId }, { jobId: `plan-${exportId}` });
  }

  /** Asks for parts to be exported, in this order. A job has the name of its first part. */
  async enqueueParts(jobs: readonly PartsMessage[]): Promise<void> {
    await this.#parts.addBulk(
      jobs.map(({ exportId, numbers }) => ({
        name: 'parts',
        data: { exportId, numbers },
        opts: { jobId: `part-${exportId}-${numbers[0]}` },
      })),
    );
  }

  /** How many jobs of parts wait in the queue. */
  async countParts(): Promise<number> {
    return await this.#parts.getJobCountByTypes('waiting', 'delayed', 'prioritized');
  }

  /** What is in each queue: jobs by state, and when the one that waits longest was added. */
  async readQueues(): Promise<QueueState[]> {
    const queues = {
      plan: this.#plan,
      parts: this.#parts,
      finish: this.#finish,
      housekeeping: this.#housekeeping,
    };
    return await Promise.all(
      Object.entries(queues).map(async ([name, queue]) => {
        const {
          waiting = 0,
          active = 0,
          delayed = 0,
        } = await queue.getJobCounts('waiting', 'active', 'delayed');
        // In the order in which they are taken.
        const [oldest] = await queue.getWaiting(0, 0);
        return {
          queue: name as QueueState['queue'],
          waiting,
          active,
          delayed,
          ...(oldest === undefined ? {} : { oldestAt: oldest.timestamp }),
        };
      }),
    );
  }

  /** Asks for an export to be finished. */
  async enqueueFinish(exportId: string): Promise<void> {
    await this.#finish.add('finish', { exportId }, { jobId: `finish-${exportId}` });
  }

  /** Asks for what the end of an export leaves to do: remove its files, give its slot on. */
  async enqueueCleanup(exportId: string): Promise<void> {
    await this.#housekeeping.add('cleanup', { exportId }, { jobId: `cleanup-${exportId}` });
  }

  /**
   * Has housekeeping run every `everyMs`, once for all workers, however many ask. To be asked again
   * and again: the schedule is gone when Redis loses its memory.
   */
  async scheduleHousekeeping(everyMs: number): Promise<void> {
    const scheduled = await this.#housekeeping.getJobScheduler('housekeeping');
    if (scheduled?.every === everyMs && (await this.#housekeeping.getDelayedCount()) > 0) return;
    await this.#housekeeping.upsertJobScheduler(
      'housekeeping',
      { every: everyMs },
      { name: 'housekeeping', data: {} },
    );
  }

  /** Takes back what waits for an export. Jobs in a worker's hands find out by themselves. */
  async removeJobs(exportId: string, partsTotal: number): Promise<void> {
    await this.#plan.remove(`plan-${exportId}`);
    await this.#finish.remove(`finish-${exportId}`);
    for (let number = 1; number <= partsTotal; number += 1) {
      await this.#parts.remove(`part-${exportId}-${number}`);
    }
    await this.#redis.del(progressKey(this.#prefix, exportId));
  }

  /** Reaches for a slot. */
  async takeSlot(slot: string, exportId: string): Promise<SlotTry> {
    return await this.slots.take(slot, exportId);
  }

  /** Takes a slot over from a holder that is over. */
  async replaceSlot(slot: string, holderExportId: string, exportId: string): Promise<boolean> {
    return await this.slots.replace(slot, holderExportId, exportId);
  }

  /** Frees a slot if this export holds it; the export's progress is removed with it. */
  async freeSlot(slot: string, exportId: string): Promise<void> {
    await this.slots.free(slot, exportId);
  }

  /** Tells every worker to leave an export. */
  async publishCancel(exportId: string): Promise<void> {
    await this.#redis.publish(`${this.#prefix}:cancel`, exportId);
  }

  /** Publishes what running parts have written, if the export still holds its slot. */
  async writeProgress(
    holder: { readonly exportId: string; readonly slot: string },
    parts: readonly PartProgress[],
  ): Promise<void> {
    await writeProgress(this.#redis, this.#prefix, holder, parts);
  }

  /** Counts a poll of an export; `key` names client and export. */
  async countPoll(key: string, exportId: string): Promise<PollVerdict> {
    return await countPoll(this.#redis, this.#prefix, key, exportId);
  }

  /** Resolves when Redis takes a write within a second. */
  async ping(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('Redis does not answer')), 1000);
    });
    try {
      const written = this.#redis.set(`${this.#prefix}:ready`, '', 'EX', 10);
      await Promise.race([written, limit]);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * For a process that ends, while jobs in hand still use the queue: what waits for a Redis that has been silent for
   * 3 seconds fails from then on.
   */
  leaveWhenSilent(): void {
    this.#stopWatching ??= leaveSilentRedis(this.#redis);
  }

  /** Closes every connection; does not wait for a silent Redis. */
  async close(): Promise<void> {
    this.leaveWhenSilent();
    await Promise.all(
      [this.#plan, this.#parts, this.#finish, this.#housekeeping].map((queue) => queue.close()),
    );
    this.#stopWatching?.();
    this.#redis.disconnect();
  }
}

/** Opens the sending side of the queue. */
export function createQueue(options: QueueOptions): ExportQueue {
  return new ExportQueue(options);
}
