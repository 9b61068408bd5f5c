import type { Redis } from 'ioredis';

/** Long enough for a failover that is under way, short beside what an orchestrator waits for a process to end. */
export const silenceMs = 3_000;

/**
 * For a process that ends: leaves a Redis that has not answered for 3 seconds. What waits for it fails then, instead
 * of holding up the end; Postgres knows what is left to do.
 *
 * @returns stops watching
 */
export function leaveSilentRedis(redis: Redis): () => void {
  let answeredAt = Date.now();
  const watch = setInterval(() => {
    if (Date.now() - answeredAt > silenceMs) {
      clearInterval(watch);
      leave(redis);
      return;
    }
    void redis.ping().then(
      () => (answeredAt = Date.now()),
      () => undefined,
    );
  }, 500);
  return () => clearInterval(watch);
}

function leave(redis: Redis): void {
  redis.options.retryStrategy = () => null;
  // Between two tries `disconnect` would only keep the next one from being made, and fail nothing.
  if (redis.status !== 'reconnecting') redis.disconnect();
}
