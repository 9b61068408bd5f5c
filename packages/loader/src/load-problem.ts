import { ResourceTextError } from '@sluice/fhir';

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

  /** @param message may quote the input: what a terminal or a log would act on is shown as an escape */
  constructor(message: string, line?: number) {
    super(printable(message));
    this.name = 'UnloadableError';
    this.line = line;
  }
}

/** Whether an error says what is wrong with one resource. */
export function isUnloadable(error: unknown): error is UnloadableError | ResourceTextError {
  return error instanceof UnloadableError || error instanceof ResourceTextError;
}

/** Control characters, marks of direction and the like by their numbers, as in `\\u202e`. */
function printable(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/** A search, `Type?search`, for a message: what a command prints ends up in logs, which are not to name patients. */
export function withoutPatient(search: string): string {
  return search.startsWith('Patient?') ? 'Patient?…' : search;
}
