import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Places, ThreadData } from './thread-messages.ts';
import { sharedMemory, type WasmMemory, type WasmModule } from './web-assembly.ts';

/** Works from src and from dist: both lie beside each other, and threads are always run from dist. */
const threadFile = join(import.meta.dirname, '..', 'dist', 'gzip-thread.js');
/** 64 KB each, as assembly/memory.ts lays them out. */
const pages = 51;

/** Whoever waits for the length of a member. */
interface Waiting {
  readonly resolve: (length: number) => void;
  readonly reject: (cause: Error) => void;
}

/** A thread that compresses, with the memory it shares with us. One job at a time. */
export class Compressor {
  readonly #worker: Worker;
  readonly #bytes: Buffer;
  readonly #places: Places;
  /** Not a promise of the thread's end to race with: it would hold on to something of every block there ever was. */
  #waiting: Waiting | undefined;
  #hasEnded = false;

  private constructor(worker: Worker, memory: WasmMemory, places: Places) {
    this.#worker = worker;
    this.#bytes = Buffer.from(memory.buffer);
    this.#places = places;
    worker.on('message', (length: number) => this.#take()?.resolve(length));
    worker.on('error', (cause: Error) => this.#take()?.reject(cause));
    worker.on('exit', (code) => {
      this.#hasEnded = true;
      this.#take()?.reject(new Error(`the gzip thread ended (${code})`));
    });
    // A thread without work does not keep the process alive.
    worker.unref();
  }

  static async start(module: WasmModule): Promise<Compressor> {
    const memory = sharedMemory(pages);
    const data: ThreadData = { module, memory };
    const limits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 };
    const worker = new Worker(threadFile, { workerData: data, resourceLimits: limits });
    const [places] = (await once(worker, 'message')) as [Places];
    return new Compressor(worker, memory, places);
  }

  /** Most bytes that `compress` takes. */
  get limit(): number {
    return this.#places.limit;
  }

  /** The gzip member of these bytes. @throws when the thread ends over it; it is of no use then */
  async compress(bytes: Uint8Array): Promise<Buffer> {
    if (this.#hasEnded) throw new Error('the gzip thread ended');
    const { inputAt, memberAt } = this.#places;
    this.#bytes.set(bytes, inputAt);
    const length = await new Promise<number>((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(bytes.length);
    });
    return Buffer.from(this.#bytes.subarray(memberAt, memberAt + length));
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
