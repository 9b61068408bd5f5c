/** What lies in the queues: names only, the truth is in Postgres. */
export interface PlanMessage {
  readonly exportId: string;
}
/** Parts of one export for one worker: a large one, or several small ones. */
export interface PartsMessage {
  readonly exportId: string;
  readonly numbers: readonly number[];
}
/** One export whose parts are all completed. */
export interface FinishMessage {
  readonly exportId: string;
}
/** Housekeeping: all of it on schedule, or only what the end of one export leaves to do. */
export interface HousekeepingMessage {
  readonly exportId?: string;
}

/** Queue names; `parts` is the one to scale workers by. */
export const queueNames = {
  plan: 'plan',
  parts: 'parts',
  finish: 'finish',
  housekeeping: 'housekeeping',
} as const;
