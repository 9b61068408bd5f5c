import type { Redis } from 'ioredis';

/** What the running parts of an export have written so far. */
export interface LiveProgress {
  readonly resources: number;
  readonly bytes: number;
}

const lifeSeconds = 86_400;

/** Writes the state of running parts; a part that begins again replaces what it said before. */
export async function writeProgress(
  redis: Redis,
  prefix: string,
  exportId: string,
  parts: readonly { readonly number: number; readonly resources: number; readonly bytes: number }[],
): Promise<void> {
  if (parts.length === 0) return;
  const key = `${prefix}:progress:${exportId}`;
  const fields = parts.flatMap((part) => [String(part.number), `${part.resources} ${part.bytes}`]);
  await redis
    .multi()
    .hset(key, ...fields)
    .expire(key, lifeSeconds)
    .exec();
}

/** Sums up an export's live progress; `undefined` when Redis knows of none. */
export async function readProgress(
  redis: Redis,
  prefix: string,
  exportId: string,
): Promise<LiveProgress | undefined> {
  const values = await redis.hvals(`${prefix}:progress:${exportId}`);
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
