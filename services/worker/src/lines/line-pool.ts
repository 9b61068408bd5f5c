import type { LineWork } from './line-work.ts';
import { SpareBuffers } from './spare-buffers.ts';
import { ThreadHandle } from './thread-handle.ts';
import type { LinesAnswer, LinesToDo } from './thread-messages.ts';

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
  /** Lines that are not there: the filters left them out, or they are at fault. */
  readonly leftOut: number;
  /** An OperationOutcome for each line at fault, as NDJSON. */
  readonly faults: Buffer;
  /** Ids of `lines`, where the work reports them. */
  readonly ids: readonly string[];
  /** Gives the memory of `lines` back to the pool. */
  readonly release: () => void;
}

/** Lines that a thread works on. */
export interface LinesStarted {
  /** Rejects when the work cannot be done, or the thread ended over it. */
  readonly result: Promise<LineResult>;
}

/** Filters and changes lines on threads. */
export interface LinePool {
  /**
   * Waits for a thread, and has it work on whole lines, given in any pieces. They are copied when this resolves, and the caller's
   * again: what waits takes no memory of the pool. The same lines give the same result.
   */
  start(work: LineWork, pieces: readonly Buffer[]): Promise<LinesStarted>;
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

  async start(work: LineWork, pieces: readonly Buffer[]): Promise<LinesStarted> {
    try {
      const thread = await this.#take();
      return { result: this.#runOn(thread, work, pieces) };
    } catch (error) {
      // No thread could be made: nobody is to wait for it for ever.
      this.#waiting.shift()?.();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((thread) => thread.end()));
  }

  /** Copies the lines before it first waits. */
  async #runOn(
    thread: ThreadHandle,
    work: LineWork,
    pieces: readonly Buffer[],
  ): Promise<LineResult> {
    let answer: LinesAnswer;
    try {
      answer = await thread.run(this.#toDo(work, pieces));
      this.#idle.push(thread);
    } catch (error) {
      this.#all.delete(thread);
      throw error;
    } finally {
      this.#waiting.shift()?.();
    }
    return this.#result(answer);
  }

  #toDo(work: LineWork, pieces: readonly Buffer[]): LinesToDo {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const input = this.#spare.take(length);
    const bytes = new Uint8Array(input);
    let filled = 0;
    for (const piece of pieces) {
      bytes.set(piece, filled);
      filled += piece.length;
    }
    return { work: this.#textOf(work), input, length, output: this.#spare.take(length) };
  }

  #result({ input, output, result }: LinesAnswer): LineResult {
    this.#spare.give(input);
    if ('failure' in result) {
      this.#spare.give(output);
      throw new TypeError(`the lines cannot be worked on: ${result.failure}`);
    }
    return {
      lines: Buffer.from(output, 0, result.length),
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
