import type { LineWork } from './line-work.ts';
import { SpareBuffers } from './spare-buffers.ts';
import { ThreadHandle } from './thread-handle.ts';
import type { LinesAnswer } from './thread-messages.ts';

/** How a pool works. */
export interface LinePoolOptions {
  /** Most threads; each is started when it is first needed. */
  readonly threads: number;
  /** Most memory for what one thread parses; a line takes about ten times its length. */
  readonly heapMb?: number;
}

/** What has become of some lines. */
export interface LineResult {
  /** The lines that are to be written, each with its line feed. Not to be used after `release`. */
  readonly lines: Buffer;
  /** Where each of them ends, behind its line feed. */
  readonly ends: Uint32Array;
  /** Lines that are not there: the filters left them out, or they are at fault. */
  readonly leftOut: number;
  /** An OperationOutcome for each line at fault, as NDJSON. */
  readonly faults: Buffer;
  /** Ids of `lines`, where the work reports them. */
  readonly ids: readonly string[];
  /** Gives the memory of `lines` back to the pool. */
  readonly release: () => void;
}

/** Filters and changes lines on threads. */
export interface LinePool {
  /**
   * Works on whole lines, given in any pieces; they are copied before this returns, and the caller's again. The same lines
   * give the same result. Rejects when the work cannot be done, or a thread ended over it.
   */
  run(work: LineWork, pieces: readonly Buffer[]): Promise<LineResult>;
  /** Ends the threads; what they are working on is rejected. */
  close(): Promise<void>;
}

/** Makes a pool; it costs nothing until there is work. */
export function createLinePool(options: LinePoolOptions): LinePool {
  return new Pool(options);
}

/** Enough for a resource of 50 MB. */
const defaultHeapMb = 512;

class Pool implements LinePool {
  readonly #threads: number;
  readonly #heapMb: number;
  readonly #spare: SpareBuffers;
  readonly #texts = new WeakMap<LineWork, string>();
  readonly #all = new Set<ThreadHandle>();
  readonly #idle: ThreadHandle[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor({ threads, heapMb = defaultHeapMb }: LinePoolOptions) {
    this.#threads = threads;
    this.#heapMb = heapMb;
    this.#spare = new SpareBuffers(4 * threads);
  }

  async run(work: LineWork, pieces: readonly Buffer[]): Promise<LineResult> {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const input = this.#spare.take(length);
    const bytes = new Uint8Array(input);
    let filled = 0;
    for (const piece of pieces) {
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return this.#result(await this.#onThread(this.#textOf(work), input, length));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((thread) => thread.end()));
  }

  async #onThread(work: string, input: ArrayBuffer, length: number): Promise<LinesAnswer> {
    let thread: ThreadHandle | undefined;
    try {
      thread = await this.#take();
      const output = this.#spare.take(length);
      const answer = await thread.run({ work, input, length, output });
      this.#idle.push(thread);
      return answer;
    } catch (error) {
      if (thread) this.#all.delete(thread);
      throw error;
    } finally {
      this.#waiting.shift()?.();
    }
  }

  #result({ input, output, result }: LinesAnswer): LineResult {
    this.#spare.give(input);
    if ('failure' in result) {
      this.#spare.give(output);
      throw new TypeError(`the lines cannot be worked on: ${result.failure}`);
    }
    return {
      lines: Buffer.from(output, 0, result.length),
      ends: result.ends,
      leftOut: result.leftOut,
      faults: Buffer.from(result.faults),
      ids: result.ids,
      release: () => this.#spare.give(output),
    };
  }

  async #take(): Promise<ThreadHandle> {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle && !idle.hasEnded) return idle;
      if (idle) this.#all.delete(idle);
      else if (this.#all.size < this.#threads) return this.#start();
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #start(): ThreadHandle {
    const thread = new ThreadHandle(this.#heapMb);
    this.#all.add(thread);
    return thread;
  }

  #textOf(work: LineWork): string {
    const text = this.#texts.get(work) ?? JSON.stringify(work);
    this.#texts.set(work, text);
    return text;
  }
}
