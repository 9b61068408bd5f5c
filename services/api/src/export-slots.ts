import { activeStates, type Export } from '@sluice/export';
import { findActiveExport, findExport } from '@sluice/postgres';
import type { Dependencies } from './dependencies.ts';

/** A kick-off takes its lock a moment before its row appears; after this long, it died in between. */
const unknownHolderMs = 5000;

/** The outcome of asking for a slot; `since` is when the export that has it was requested. */
export type SlotClaim =
  { readonly taken: true } | { readonly taken: false; readonly since: string };

/** Names of the slots that a subject's exports can have. */
export function slotNames({ settings }: Dependencies, subject: string): string[] {
  const scope = settings.EXPORT_SLOT_SCOPE === 'client' ? `client:${subject}` : 'system';
  return Array.from({ length: settings.EXPORT_SLOTS }, (_, number) => `${scope}/${number}`);
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
  const claim = await queue.takeSlot(slot, exportId);
  if (claim.taken) return claim;
  const { holder } = claim;
  const found = await findExport(pool, holder.exportId);
  const stale =
    found === undefined ? now() - Date.parse(holder.since) > unknownHolderMs : !holds(found, slot);
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

function holds(found: Export, slot: string): boolean {
  return (activeStates as readonly string[]).includes(found.state) && found.slot === slot;
}
