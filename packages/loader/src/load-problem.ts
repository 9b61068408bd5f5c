/** Something in the input that keeps one resource, one line or one file from being loaded. */
export interface LoadProblem {
  /** The file, or the path as it was given when there is no such file. */
  file: string;
  /** The line it is about, counted from 1; `undefined` when it is about the file as a whole. */
  line: number | undefined;
  message: string;
}

/** Thrown while one resource is read, caught where the next one begins, and reported as a `LoadProblem`. */
export class UnloadableError extends Error {
  readonly code = 'unloadable';
  /** Where in the text, when that is not the line the text begins on. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.name = 'UnloadableError';
    this.line = line;
  }
}
