import { createRedis } from './redis.ts';
import type { QueueOptions } from './export-queue.ts';

/** A subscription to the cancellation channel. */
export interface Cancellation {
  close(): Promise<void>;
}

/**
 * Calls `onCancel` with the id of every export that is cancelled. A message can be lost with the
 * connection: whoever works must also ask Postgres now and then (lease renewal does).
 */
export async function subscribeCancel(
  options: QueueOptions,
  onCancel: (exportId: string) => void,
): Promise<Cancellation> {
  const redis = createRedis(options.redisUrl, { enableReadyCheck: false });
  redis.on('message', (_channel, exportId) => onCancel(exportId));
  await redis.subscribe(`${options.prefix}:cancel`);
  return {
    close: () => {
      redis.disconnect();
      return Promise.resolve();
    },
  };
}
