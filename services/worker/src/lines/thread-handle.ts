import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { LinesAnswer, LinesToDo } from './thread-messages.ts';

/** Works from src and from dist, which lie beside each other: threads are always run from dist. */
const threadFile = join(import.meta.dirname, '..', '..', 'dist', 'lines', 'line-thread.js');

/**
 * What is parsed is garbage with the next line. More room for it would not be collected less, but later, and each
 * thread would take up all of it.
 */
const youngMb = 4;

/** Whoever waits for an answer. */
interface Waiting {
  readonly resolve: (answer: LinesAnswer) => void;
  readonly reject: (cause: Error) => void;
}

/** A thread that works on lines, seen from the main one. One job at a time. */
export class ThreadHandle {
  /** It is of no use any more. */
  hasEnded = false;
  readonly #worker: Worker;
  /** Not a promise of the thread's end to race with: it would hold on to every answer that was ever given. */
  #waiting: Waiting | undefined;

  /** @param heapMb most memory for what is parsed; a thread that needs more ends, and nothing else does */
  constructor(heapMb: number) {
    const resourceLimits = { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: youngMb };
    this.#worker = new Worker(threadFile, { resourceLimits });
    this.#worker.on('message', (answer: LinesAnswer) => this.#take()?.resolve(answer));
    this.#worker.on('error', (cause: Error) => this.#take()?.reject(cause));
    this.#worker.on('exit', (code) => {
      this.hasEnded = true;
      this.#take()?.reject(new Error(`the line thread ended (${code})`));
    });
    // A thread without work does not keep the process alive.
    this.#worker.unref();
  }

  /** Has the lines worked on. Rejects when the thread ends over it; it is of no use then. */
  async run(toDo: LinesToDo): Promise<LinesAnswer> {
    if (this.hasEnded) throw new Error('the line thread ended');
    return await new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(toDo, [toDo.input, toDo.output]);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#worker.unref();
    return waiting;
  }
}
