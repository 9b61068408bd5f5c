import type { Redis } from 'ioredis';
import { lockMs, slotKey } from './slot-key.ts';

/** What the running parts of an export have written so far. */
export interface LiveProgress {
  readonly resources: number;
  readonly bytes: number;
}

/** What one running part has written so far. */
export interface PartProgress extends LiveProgress {
  readonly number: number;
}

/**
 * Writes the state of running parts while the export holds its slot; a part that begins again replaces what it
 * said before. The lock of the slot decides, since the progress is removed with it: what a worker writes
 * after the end of the export would stay.
 */
export async function writeProgress(
  redis: Redis,
  prefix: string,
  { exportId, slot }: { readonly exportId: string; readonly slot: string },
  parts: readonly PartProgress[],
): Promise<void> {
  if (parts.length === 0) return;
  await redis.eval(
    `local holder = redis.call('get', KEYS[1])
     if not holder or string.sub(holder, 1, #ARGV[1] + 1) ~= ARGV[1] .. ' ' then return 0 end
     redis.call('hset', KEYS[2], unpack(ARGV, 3))
     redis.call('pexpire', KEYS[2], ARGV[2])
     return 1`,
    2,
    slotKey(prefix, slot),
    progressKey(prefix, exportId),
    exportId,
    lockMs,
    ...parts.flatMap((part) => [String(part.number), `${part.resources} ${part.bytes}`]),
  );
}

/** The hash that holds an export's live progress, a field for each part. */
export function progressKey(prefix: string, exportId: string): string {
  return `${prefix}:progress:${exportId}`;
}

/** Sums up what the fields of that hash hold; `undefined` when there are none. */
export function sumProgress(values: readonly string[]): LiveProgress | undefined {
  if (values.length === 0) return undefined;
  let resources = 0;
  let bytes = 0;
  for (const value of values) {
    const [partResources, partBytes] = value.split(' ');
    resources += Number(partResources);
    bytes += Number(partBytes);
  }
  return { resources, bytes };
}
