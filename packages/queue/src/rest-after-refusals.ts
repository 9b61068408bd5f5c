import type { Worker } from 'bullmq';

const firstRestMs = 200;
const longestRestMs = 5_000;

/**
 * Has a worker rest when Redis answers but refuses (full, read-only, loading): BullMQ asks for the next job at once,
 * hundreds of times a second. Each refusal in a row makes the rest twice as long. Jobs in hand go on.
 *
 * @returns ends it
 */
export function restAfterRefusals(worker: Worker): () => void {
  let restMs = firstRestMs;
  let timer: NodeJS.Timeout | undefined;
  const rest = (error: Error): void => {
    if (error.name !== 'ReplyError' || worker.isPaused()) return;
    void worker.pause(true);
    timer = setTimeout(() => void worker.resume(), restMs);
    restMs = Math.min(restMs * 2, longestRestMs);
  };
  const goOn = (): void => {
    restMs = firstRestMs;
  };
  worker.on('error', rest);
  worker.on('active', goOn);
  worker.on('drained', goOn);
  return () => clearTimeout(timer);
}
