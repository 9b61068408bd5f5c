/**
 * States of an export and of a part, and the only moves between them.
 *
 * Export
 *
 *   accepted ──▶ planning ──▶ running ──▶ completed ──▶ expired
 *
 *   accepted, planning, running             ──▶ failed ──▶ expired
 *   accepted, planning, running             ──▶ cancelled ──▶ expired
 *   completed, failed                       ──▶ cancelled
 *
 * - accepted: the kick-off was answered 202. With a slot, its plan job is queued; without one
 *   (ON_BUSY=queue) it waits for a slot.
 * - planning: a worker settles transactionTime, resolves members and cuts parts. Entered again by a
 *   second worker after a crash: planning twice adds nothing.
 * - running: the list of parts is final; workers export them.
 * - completed: every part is completed, completeness is proved, the manifest is stored.
 * - failed: a cause is stored; it stays what every poll answers.
 * - cancelled: a client deleted it, while active or afterwards; status and files answer 404.
 * - expired: its files are gone; the row stays for the record.
 *
 * accepted, planning and running are the active states: they alone hold a slot.
 *
 * Part
 *
 *   queued ──▶ running ──▶ completed
 *     ▲          │  └────▶ failed
 *     └──────────┘ (handed back, or the lease lapsed: attempt goes up when it is claimed again)
 *
 * - running: one worker holds the lease; `attempt` is the fencing token, and every write names it.
 *
 * Invariants: an UPDATE of a state names the state it leaves; a part is completed together with the
 * record of its files, in one transaction, only while its lease is held and its export is running;
 * a retry is a counter, never a state: `attempt` of all claims, `retries`, `faults` and `losses` of what
 * ended them, by which a part is given up. A part with faults or losses is claimed alone, after the others.
 */

/** Every move of an export: state → states it may go to. */
export const exportTransitions = {
  accepted: ['planning', 'failed', 'cancelled'],
  planning: ['running', 'failed', 'cancelled'],
  running: ['completed', 'failed', 'cancelled'],
  completed: ['expired', 'cancelled'],
  failed: ['expired', 'cancelled'],
  cancelled: ['expired'],
  expired: [],
} as const satisfies Record<string, readonly string[]>;

/** State of an export (the chart above). */
export type ExportState = keyof typeof exportTransitions;

/** Every state of an export. */
export const exportStates = Object.keys(exportTransitions) as ExportState[];

/** Every move of a part: state → states it may go to. */
export const partTransitions = {
  queued: ['running'],
  running: ['queued', 'completed', 'failed'],
  completed: [],
  failed: [],
} as const satisfies Record<string, readonly string[]>;

/** State of a part (the chart above). */
export type PartState = keyof typeof partTransitions;

/** The states in which an export holds a slot. */
export const activeStates = ['accepted', 'planning', 'running'] as const;

/** The states an export may leave for `to`, for the WHERE of an UPDATE. */
export function statesBefore(to: ExportState): ExportState[] {
  return exportStates.filter((from) => (exportTransitions[from] as readonly string[]).includes(to));
}

/** The states a part may leave for `to`, for the WHERE of an UPDATE. */
export function partStatesBefore(to: PartState): PartState[] {
  return (Object.keys(partTransitions) as PartState[]).filter((from) =>
    (partTransitions[from] as readonly string[]).includes(to),
  );
}
