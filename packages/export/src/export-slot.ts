import { activeStates } from './export-state.ts';
import type { ExportSummary } from './export.ts';

/** A kick-off takes its lock a moment before its row appears; after this long, it died in between. */
const unknownHolderMs = 5000;

/**
 * Names of the slots that an export can have: those of all, or those of its client (of its subject, where clients have no
 * names), which can have a number of slots of its own.
 */
export function slotNames(
  scope: 'system' | 'client',
  slots: number,
  { subject, client, slots: ofClient }: Pick<ExportSummary, 'subject' | 'client' | 'slots'>,
): string[] {
  const isOwn = scope === 'client';
  const owner = isOwn ? `client:${client ?? subject}` : 'system';
  const count = isOwn ? (ofClient ?? slots) : slots;
  return Array.from({ length: count }, (_, number) => `${owner}/${number}`);
}

/**
 * Whether the lock of a slot has outlived its export and may be taken over.
 *
 * @param holder the export that the lock names, if it is stored
 * @param since when the lock was taken, as instant text
 * @param now epoch ms
 */
export function isStaleLock(
  slot: string,
  holder: ExportSummary | undefined,
  since: string,
  now: number,
): boolean {
  if (holder === undefined) return now - Date.parse(since) > unknownHolderMs;
  const active = (activeStates as readonly string[]).includes(holder.state);
  return !(active && holder.slot === slot);
}
