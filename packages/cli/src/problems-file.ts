import { closeSync, openSync, writeSync } from 'node:fs';
import type { LoadProblem } from '@sluice/loader';
import { CliError, describeError } from './cli-error.ts';

const bufferedChars = 64 * 1024;

/** A file of problems, one JSON object with `file`, `line` and `message` per line. Written at once, so that problems without end do not fill memory. */
export class ProblemsFile {
  readonly #file: number;
  #text = '';

  /** Makes the file empty. Throws a `CliError` when that is not possible. */
  constructor(path: string) {
    try {
      this.#file = openSync(path, 'w', 0o600);
    } catch (error) {
      throw new CliError(`${path} cannot be written: ${describeError(error)}`);
    }
  }

  add({ file, line, message }: LoadProblem): void {
    this.#text += `${JSON.stringify({ file, line, message })}\n`;
    if (this.#text.length > bufferedChars) this.#flush();
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #flush(): void {
    writeSync(this.#file, this.#text);
    this.#text = '';
  }
}
