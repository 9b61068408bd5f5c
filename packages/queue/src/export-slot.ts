import type { Redis } from 'ioredis';
import { progressKey } from './progress.ts';
import { lockMs, slotKey } from './slot-key.ts';

/** Who holds a slot, and since when. */
export interface SlotHolder {
  readonly exportId: string;
  /** ISO text. */
  readonly since: string;
}

/** Result of reaching for a slot. */
export type SlotTry =
  { readonly taken: true } | { readonly taken: false; readonly holder: SlotHolder };

/**
 * The lock of one export slot: a key whose value names the export that holds it. Taken where
 * there is none, changed and freed only by who names the holder it saw, so that a late call of an
 * earlier holder never touches a later one's lock. The live progress of an export goes with its lock.
 */
export class ExportSlots {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  /** Takes the slot for an export, or tells who has it. */
  async take(slot: string, exportId: string): Promise<SlotTry> {
    const found = (await this.#redis.eval(
      `local v = redis.call('get', KEYS[1])
       if not v then redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
       return v`,
      1,
      this.#key(slot),
      `${exportId} ${new Date().toISOString()}`,
      lockMs,
    )) as string | null;
    if (found === null) return { taken: true };
    const holder = parseHolder(found);
    if (holder === undefined) throw new Error(`the lock of slot ${slot} names no export`);
    return { taken: false, holder };
  }

  /** Takes the slot over from a holder that is over; false when the holder is another by now. */
  async replace(slot: string, holderExportId: string, exportId: string): Promise<boolean> {
    const value = `${exportId} ${new Date().toISOString()}`;
    return (
      (await this.#redis.eval(
        `local v = redis.call('get', KEYS[1])
         if v and string.sub(v, 1, #ARGV[1] + 1) ~= ARGV[1] .. ' ' then return 0 end
         if v and ARGV[1] ~= ARGV[4] then redis.call('del', KEYS[2]) end
         redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3])
         return 1`,
        2,
        this.#key(slot),
        progressKey(this.#prefix, holderExportId),
        holderExportId,
        value,
        lockMs,
        exportId,
      )) === 1
    );
  }

  /** Frees the slot if this export holds it, and removes what is known of the export's progress. */
  async free(slot: string, exportId: string): Promise<void> {
    await this.#redis.eval(
      `local v = redis.call('get', KEYS[1])
       if v and string.sub(v, 1, #ARGV[1] + 1) == ARGV[1] .. ' ' then redis.call('del', KEYS[1]) end
       redis.call('del', KEYS[2])
       return 1`,
      2,
      this.#key(slot),
      progressKey(this.#prefix, exportId),
      exportId,
    );
  }

  /** Makes the lock say what Postgres says: this export is active in this slot. */
  async assert(slot: string, exportId: string): Promise<void> {
    const holder = parseHolder(await this.#redis.get(this.#key(slot)));
    if (holder?.exportId === exportId) await this.#redis.pexpire(this.#key(slot), lockMs);
    else await this.replace(slot, holder?.exportId ?? exportId, exportId);
  }

  #key(slot: string): string {
    return slotKey(this.#prefix, slot);
  }
}

function parseHolder(value: string | null): SlotHolder | undefined {
  const [exportId, since] = value?.split(' ') ?? [];
  return exportId && since ? { exportId, since } : undefined;
}
