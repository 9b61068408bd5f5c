import type { Redis } from 'ioredis';
import { progressKey, sumProgress, type LiveProgress } from './progress.ts';

/** Whether a poll may be answered now, and what running parts have written. */
export interface PollVerdict {
  readonly allowed: boolean;
  readonly retryAfterSeconds: number;
  /** Absent when Redis knows of none, or the poll is refused. */
  readonly progress: LiveProgress | undefined;
}

const burst = 20;
const perSecond = 10;

/**
 * A token bucket per client and export, which the key names: 20 polls at once, 10 a second in the
 * long run. The progress comes with the verdict, so that a poll waits for Redis once.
 */
export async function countPoll(
  redis: Redis,
  prefix: string,
  key: string,
  exportId: string,
): Promise<PollVerdict> {
  const progress = (await redis.eval(
    `local t = redis.call('time')
     local now = t[1] * 1000 + math.floor(t[2] / 1000)
     local b = redis.call('hmget', KEYS[1], 'left', 'at')
     local left = math.min(tonumber(ARGV[1]), (tonumber(b[1]) or tonumber(ARGV[1])) + (now - (tonumber(b[2]) or now)) * ARGV[2] / 1000)
     local ok = left >= 1
     if ok then left = left - 1 end
     redis.call('hset', KEYS[1], 'left', tostring(left), 'at', tostring(now))
     redis.call('pexpire', KEYS[1], 60000)
     return ok and redis.call('hvals', KEYS[2])`,
    2,
    `${prefix}:polls:${key}`,
    progressKey(prefix, exportId),
    burst,
    perSecond,
  )) as string[] | null;
  if (progress === null) return { allowed: false, retryAfterSeconds: 1, progress: undefined };
  return { allowed: true, retryAfterSeconds: 0, progress: sumProgress(progress) };
}
