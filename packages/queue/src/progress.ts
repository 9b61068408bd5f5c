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
  const key = progressKey(prefix, exportId);
  const fields = parts.flatMap((part) => [String(part.number), `${part.resources} ${part.bytes}`]);
  await redis
    .multi()
    .hset(key, ...fields)
    .expire(key, lifeSeconds)
    .exec();
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
