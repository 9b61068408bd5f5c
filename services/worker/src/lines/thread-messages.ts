import type { LinesDone } from './work-on-lines.ts';

/** Lines for a thread. Both buffers are handed over. */
export interface LinesToDo {
  /** A `LineWork` as JSON: the thread compiles it when it sees it for the first time. */
  readonly work: string;
  /** Whole lines, each with its line feed, `length` bytes of them. */
  readonly input: ArrayBuffer;
  readonly length: number;
  /** To be filled; what comes back may be a larger one. */
  readonly output: ArrayBuffer;
}

/** What a thread answers, with the buffers. */
export interface LinesAnswer {
  readonly input: ArrayBuffer;
  readonly output: ArrayBuffer;
  readonly result: ThreadResult;
}

/** A failure is that the work cannot be done on any line; nothing was done then. */
export type ThreadResult = (LinesDone & { readonly length: number }) | { readonly failure: string };
