import { setTimeout as wait } from 'node:timers/promises';
import { DelayedError, Worker, type Job, type Processor } from 'bullmq';
import { silenceMs } from './leave-silent-redis.ts';
import {
  queueNames,
  type FinishMessage,
  type HousekeepingMessage,
  type PartsMessage,
  type PlanMessage,
} from './messages.ts';
import { createRedis } from './redis.ts';
import { restAfterRefusals } from './rest-after-refusals.ts';
import type { QueueOptions } from './export-queue.ts';
import { telemetryOf } from './telemetry.ts';
import { WorkInHand } from './work-in-hand.ts';

/** The work of a worker process. Each is safe to run twice, and tells by itself what is still to do. */
export interface Processors {
  readonly plan: (message: PlanMessage) => Promise<void>;
  /** Answers how many ms to wait before trying again, or nothing when the parts are dealt with. */
  readonly parts: (message: PartsMessage) => Promise<number | undefined>;
  readonly finish: (message: FinishMessage) => Promise<void>;
  readonly housekeeping: (message: HousekeepingMessage) => Promise<void>;
}

/** How a worker process takes jobs. */
export interface WorkersOptions extends QueueOptions {
  /** Parts at the same time. */
  readonly concurrency: number;
  /** How long a job stays with a worker that does not answer. */
  readonly lockMs: number;
  /** Told of faults of the queue itself and of processors that threw. */
  readonly onError: (error: Error, queue: string) => void;
}

/** The receiving side of the queue in one process. */
export interface ExportWorkers {
  /** Takes no more jobs; resolves when the ones in hand have ended, whether Redis has heard of it or not. */
  close(): Promise<void>;
}

/** Starts taking jobs. A job that throws is gone from Redis; housekeeping enqueues it from Postgres. */
export function startWorkers(options: WorkersOptions, processors: Processors): ExportWorkers {
  const inHand = new WorkInHand();
  const plan = inHand.track(processors.plan);
  const parts = inHand.track(processors.parts);
  const finish = inHand.track(processors.finish);
  const housekeeping = inHand.track(processors.housekeeping);
  const partsProcessor: Processor<PartsMessage> = async (job, token) => {
    const waitMs = await parts(job.data);
    if (waitMs === undefined) return;
    await job.moveToDelayed(Date.now() + waitMs, token);
    throw new DelayedError();
  };
  const workers = [
    start(options, queueNames.plan, (job: Job<PlanMessage>) => plan(job.data), 2),
    start(options, queueNames.parts, partsProcessor, options.concurrency),
    start(options, queueNames.finish, (job: Job<FinishMessage>) => finish(job.data), 2),
    start(
      options,
      queueNames.housekeeping,
      (job: Job<HousekeepingMessage>) => housekeeping(job.data),
      2,
    ),
  ];
  return {
    close: async () => {
      const closed = Promise.all(workers.map((worker) => worker.close()));
      await inHand.ended();
      // What is left to do is to say so in Redis. BullMQ waits for it without end, and for a connection that it has
      // closed between two tries; a job that Redis believes in hand is stalled soon, and nothing is to be done for it.
      await Promise.race([closed, wait(silenceMs, undefined, { ref: false })]);
    },
  };
}

function start<T>(
  options: WorkersOptions,
  name: string,
  processor: Processor<T>,
  concurrency: number,
): { close(): Promise<void> } {
  const connection = createRedis(options.redisUrl);
  const worker = new Worker<T>(name, processor, {
    connection,
    prefix: options.prefix,
    ...telemetryOf(options),
    concurrency,
    lockDuration: options.lockMs,
    stalledInterval: Math.max(1000, options.lockMs / 2),
    maxStalledCount: 1000,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  worker.on('error', (error) => options.onError(error, name));
  worker.on('failed', (_job, error) => options.onError(error, name));
  const stopResting = restAfterRefusals(worker as Worker);
  return {
    close: async () => {
      stopResting();
      await worker.close();
      connection.disconnect();
    },
  };
}
