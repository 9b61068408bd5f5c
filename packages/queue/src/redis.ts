import { Redis, type RedisOptions } from 'ioredis';

/** Connects to Redis; commands wait while it is away (BullMQ wants that), up to its own limits. */
export function createRedis(
  redisUrl: string,
  options: Pick<RedisOptions, 'enableReadyCheck'> = {},
): Redis {
  const redis = new Redis(redisUrl, {
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    retryStrategy: (attempt) => Math.min(attempt * 50, 1000),
    ...options,
  });
  // Without a listener a lost connection would end the process; ioredis connects again by itself.
  redis.on('error', () => undefined);
  return redis;
}
