import { isStaleLock, slotNames } from '@sluice/export';
import { findActiveExport, findExport } from '@sluice/postgres';
import type { Dependencies } from './dependencies.ts';

/** The outcome of asking for a slot; `since` is when the export that has it was requested. */
export type SlotClaim =
  { readonly taken: true } | { readonly taken: false; readonly since: string };

/** Names of the slots that somebody's exports can have in this deployment. */
export function slotsOf(
  { settings }: Dependencies,
  owner: Parameters<typeof slotNames>[2],
): string[] {
  return slotNames(settings.EXPORT_SLOT_SCOPE, settings.EXPORT_SLOTS, owner);
}

/**
 * Takes the lock of a slot. A lock whose export is over, or never came to be, is taken over by
 * compare-and-swap: of several that find it stale, one gets it.
 */
export async function claimSlot(
  { pool, queue, now }: Dependencies,
  slot: string,
  exportId: string,
): Promise<SlotClaim> {
  // Asked for at once with the lock, so that a kick-off that is refused waits once. If it fails, so
  // will the next statement, which is the one to say so: the lock may be taken by now.
  const [claim, active] = await Promise.all([
    queue.takeSlot(slot, exportId),
    findActiveExport(pool, slot).catch(() => undefined),
  ]);
  if (claim.taken) return claim;
  const { holder } = claim;
  if (active?.id === holder.exportId) return { taken: false, since: active.requestedAt };
  const found = await findExport(pool, holder.exportId);
  const stale = isStaleLock(slot, found, holder.since, now());
  if (stale && (await queue.replaceSlot(slot, holder.exportId, exportId))) return { taken: true };
  return { taken: false, since: found?.requestedAt ?? holder.since };
}

/**
 * Postgres says that the slot belongs to another export than the lock does: the lock is given to
 * that one, so that the next kick-off learns it at once.
 */
export async function repairSlot(
  { pool, queue }: Dependencies,
  slot: string,
  exportId: string,
): Promise<string | undefined> {
  const owner = await findActiveExport(pool, slot);
  if (owner === undefined) await queue.freeSlot(slot, exportId);
  else await queue.replaceSlot(slot, exportId, owner.id);
  return owner?.requestedAt;
}
