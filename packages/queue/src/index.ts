export { subscribeCancel, type Cancellation } from './cancellation.ts';
export { createQueue, ExportQueue, type QueueOptions, type QueueState } from './export-queue.ts';
export { ExportSlots, type SlotHolder, type SlotTry } from './export-slot.ts';
export {
  startWorkers,
  type ExportWorkers,
  type Processors,
  type WorkersOptions,
} from './export-workers.ts';
export {
  queueNames,
  type FinishMessage,
  type HousekeepingMessage,
  type PartsMessage,
  type PlanMessage,
} from './messages.ts';
export type { PollVerdict } from './poll-limit.ts';
export { refusalReason } from './refusal.ts';
export type { LiveProgress } from './progress.ts';
