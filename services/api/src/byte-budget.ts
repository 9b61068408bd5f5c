import { ExportError } from '@sluice/export';
import type { Response } from 'express';

/** What bodies and answers may take of the memory of one process. */
const defaultBytes = 64 * 1024 * 1024;

/** What one request holds of the budget, until its response is closed. */
export interface Holding {
  /** @throws ExportError `overloaded` when the requests together hold too much; one alone never does */
  add(bytes: number): void;
}

/** The bytes that requests hold in memory: bodies that have come, answers that their clients have not taken. */
export class ByteBudget {
  readonly #most: number;
  #held = 0;

  constructor(most = defaultBytes) {
    this.#most = most;
  }

  /** Opens the account of a request. */
  open(res: Pick<Response, 'once'>): Holding {
    let own = 0;
    let isOver = false;
    res.once('close', () => {
      this.#held -= own;
      isOver = true;
    });
    return {
      add: (bytes) => {
        if (this.#held + bytes > this.#most && this.#held > own) throw overloaded();
        // What comes after the end is held by nobody.
        if (isOver) return;
        own += bytes;
        this.#held += bytes;
      },
    };
  }
}

function overloaded(): ExportError {
  const text = 'Other requests hold as much memory as may be; try again.';
  const headers = { Connection: 'close' };
  return new ExportError('overloaded', text, { retryAfterSeconds: 2, headers });
}
