import { ExportError } from '@sluice/export';
import type { Response } from 'express';

/** What all of them may hold of the memory of one process. */
const mostBytes = 64 * 1024 * 1024;
/** What each may hold besides: whoever fills the budget keeps out no token request, common kick-off or error. */
const freeBytes = 16_384;

/** What one request holds, until its response is closed. */
export interface Holding {
  /** @throws ExportError `overloaded` when the requests together hold too much; one alone never does */
  add(bytes: number): void;
}

/** The bytes that requests hold in memory, bodies that have come or answers that their clients have not taken. */
export class ByteBudget {
  readonly #most: number;
  readonly #free: number;
  #held = 0;

  constructor(most = mostBytes, free = freeBytes) {
    this.#most = most;
    this.#free = free;
  }

  /** Opens the account of a request. */
  open(res: Pick<Response, 'once'>): Holding {
    let bytes = 0;
    let counted = 0;
    let isOver = false;
    res.once('close', () => {
      this.#held -= counted;
      isOver = true;
    });
    return {
      add: (more) => {
        // What comes after the end is held by nobody.
        if (isOver) return;
        const wanted = Math.max(0, bytes + more - this.#free) - counted;
        const others = this.#held - counted;
        if (wanted > 0 && others > 0 && this.#held + wanted > this.#most) throw overloaded();
        bytes += more;
        counted += wanted;
        this.#held += wanted;
      },
    };
  }
}

function overloaded(): ExportError {
  const text = 'Other requests hold as much memory as may be; try again.';
  const headers = { Connection: 'close' };
  return new ExportError('overloaded', text, { retryAfterSeconds: 2, headers });
}
