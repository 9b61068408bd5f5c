import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LinesAnswer, LinesToDo } from './thread-messages.ts';

/** Works from src and from dist, which lie beside each other: threads are always run from dist. */
const threadFile = join(import.meta.dirname, '..', '..', 'dist', 'lines', 'line-thread.js');

/** A thread that works on lines, seen from the main one. One job at a time. */
export class ThreadHandle {
  /** It is of no use any more. */
  hasEnded = false;
  readonly #worker: Worker;
  /** Rejects when the thread has ended, however it did. */
  readonly #ended: Promise<never>;

  /** @param heapMb most memory for what is parsed; a thread that needs more ends, and nothing else does */
  constructor(heapMb: number) {
    const resourceLimits = { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 32 };
    this.#worker = new Worker(threadFile, { resourceLimits });
    this.#ended = new Promise((_, reject) => {
      this.#worker.once('error', reject);
      this.#worker.once('exit', (code) => {
        this.hasEnded = true;
        reject(new Error(`the line thread ended (${code})`));
      });
    });
    this.#ended.catch(() => undefined);
    // A thread without work does not keep the process alive.
    this.#worker.unref();
  }

  /** Has the lines worked on. Throws when the thread ends over it; it is of no use then. */
  async run(toDo: LinesToDo): Promise<LinesAnswer> {
    this.#worker.ref();
    const answer = once(this.#worker, 'message') as Promise<[LinesAnswer]>;
    answer.catch(() => undefined);
    this.#worker.postMessage(toDo, [toDo.input, toDo.output]);
    const [answered] = await Promise.race([answer, this.#ended]);
    this.#worker.unref();
    return answered;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
