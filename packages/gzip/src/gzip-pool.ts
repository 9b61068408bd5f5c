import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Compressor } from './compressor.ts';
import { compile, type WasmModule } from './web-assembly.ts';

/** How a pool works. */
export interface GzipPoolOptions {
  /** Most threads; each is started when it is first needed. */
  readonly threads: number;
}

/** Makes gzip members on threads. */
export interface GzipPool {
  /**
   * Gzip (RFC 1952) of the bytes: one member for each MB, which in a row are valid gzip. The same
   * bytes give the same result. The bytes are the caller's again when the promise has resolved.
   */
  compress(bytes: Uint8Array): Promise<Buffer>;
  /** Ends the threads; what they are working on is rejected. */
  close(): Promise<void>;
}

/** Makes a pool; it costs nothing until something is compressed. */
export function createGzipPool(options: GzipPoolOptions): GzipPool {
  return new Pool(options.threads);
}

class Pool implements GzipPool {
  readonly #threads: number;
  #module: WasmModule | undefined;
  readonly #all = new Set<Compressor>();
  readonly #idle: Compressor[] = [];
  /** Threads that run, or are being started. */
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(threads: number) {
    this.#threads = threads;
  }

  async compress(bytes: Uint8Array): Promise<Buffer> {
    const compressor = await this.#take();
    try {
      if (bytes.length <= compressor.limit) return await compressor.compress(bytes);
      const members: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += compressor.limit) {
        members.push(await compressor.compress(bytes.subarray(at, at + compressor.limit)));
      }
      return Buffer.concat(members);
    } catch (error) {
      this.#all.delete(compressor);
      this.#count -= 1;
      throw error;
    } finally {
      if (this.#all.has(compressor)) this.#idle.push(compressor);
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((compressor) => compressor.end()));
  }

  async #take(): Promise<Compressor> {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle) return idle;
      if (this.#count < this.#threads) return await this.#start();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #start(): Promise<Compressor> {
    this.#count += 1;
    try {
      this.#module ??= compile(readFileSync(wasmFile));
      const compressor = await Compressor.start(this.#module);
      this.#all.add(compressor);
      return compressor;
    } catch (error) {
      this.#count -= 1;
      this.#waiting.shift()?.();
      throw error;
    }
  }
}

/** Beside dist as beside src: the build puts it into dist. */
const wasmFile = join(import.meta.dirname, '..', 'dist', 'deflate.wasm');
