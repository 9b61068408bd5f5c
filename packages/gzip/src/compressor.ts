import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Places, ThreadData } from './thread-messages.ts';
import { sharedMemory, type WasmMemory, type WasmModule } from './web-assembly.ts';

/** Works from src and from dist: both lie beside each other, and threads are always run from dist. */
const threadFile = join(import.meta.dirname, '..', 'dist', 'gzip-thread.js');
/** 64 KB each, as assembly/memory.ts lays them out. */
const pages = 51;

/** A thread that compresses, with the memory it shares with us. One job at a time. */
export class Compressor {
  readonly #worker: Worker;
  readonly #bytes: Buffer;
  readonly #places: Places;
  /** Rejects when the thread has ended, however it did. */
  readonly #ended: Promise<never>;

  private constructor(worker: Worker, memory: WasmMemory, places: Places) {
    this.#worker = worker;
    this.#bytes = Buffer.from(memory.buffer);
    this.#places = places;
    this.#ended = new Promise((_, reject) => {
      worker.once('error', reject);
      worker.once('exit', (code) => reject(new Error(`the gzip thread ended (${code})`)));
    });
    this.#ended.catch(() => undefined);
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
    const { inputAt, memberAt } = this.#places;
    this.#bytes.set(bytes, inputAt);
    this.#worker.ref();
    const answer = once(this.#worker, 'message') as Promise<[number]>;
    answer.catch(() => undefined);
    this.#worker.postMessage(bytes.length);
    const [length] = await Promise.race([answer, this.#ended]);
    this.#worker.unref();
    return Buffer.from(this.#bytes.subarray(memberAt, memberAt + length));
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
