import type { Redis } from 'ioredis';

/** Whether a poll may be answered now. */
export interface PollVerdict {
  readonly allowed: boolean;
  readonly retryAfterSeconds: number;
}

const burst = 20;
const perSecond = 10;

/** A token bucket per client and export, which the key names: 20 polls at once, 10 a second in the long run. */
export async function countPoll(redis: Redis, prefix: string, key: string): Promise<PollVerdict> {
  const allowed = await redis.eval(
    `local t = redis.call('time')
     local now = t[1] * 1000 + math.floor(t[2] / 1000)
     local b = redis.call('hmget', KEYS[1], 'left', 'at')
     local left = math.min(tonumber(ARGV[1]), (tonumber(b[1]) or tonumber(ARGV[1])) + (now - (tonumber(b[2]) or now)) * ARGV[2] / 1000)
     local ok = 0
     if left >= 1 then left = left - 1; ok = 1 end
     redis.call('hset', KEYS[1], 'left', tostring(left), 'at', tostring(now))
     redis.call('pexpire', KEYS[1], 60000)
     return ok`,
    1,
    `${prefix}:polls:${key}`,
    burst,
    perSecond,
  );
  return { allowed: allowed === 1, retryAfterSeconds: allowed === 1 ? 0 : 1 };
}
