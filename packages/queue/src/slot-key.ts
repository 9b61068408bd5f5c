/** A lock outlives its export at most this long; housekeeping renews it while the export is active. */
export const lockMs = 3_600_000;

/** The key that holds the lock of a slot: the id of the export that has it, a space, and since when. */
export function slotKey(prefix: string, slot: string): string {
  return `${prefix}:slot:${slot}`;
}
