import { ExportError } from '@sluice/export';
import type { Response } from 'express';

/** Each has up to 800 KB of buffers on its way, and 250 KB more when it is compressed. */
const mostDownloads = 100;
/** A download whose client has taken nothing for this long gives way to another one when there are too many. */
const patienceMs = 5000;

interface Download {
  movedAt: number;
  readonly res: Response;
}

/** The downloads under way, bounded in number: those that stall give way to those that move. */
export class Downloads {
  readonly #now: () => number;
  readonly #most: number;
  /** The one that has not moved for longest is first. */
  readonly #open = new Set<Download>();

  constructor(now: () => number, most = mostDownloads) {
    this.#now = now;
    this.#most = most;
  }

  /**
   * Admits one more, until its response is closed.
   *
   * @returns what passes the blocks on and notes that the client takes them
   * @throws ExportError `overloaded` when there are as many as may be, and all of them move
   */
  admit(res: Response): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
    if (this.#open.size >= this.#most) this.#makeRoom();
    const download = { movedAt: this.#now(), res };
    this.#open.add(download);
    res.once('close', () => this.#open.delete(download));
    const moved = (): void => this.#note(download);
    return async function* (source) {
      for await (const block of source) {
        moved();
        yield block;
      }
    };
  }

  #makeRoom(): void {
    const [stalest] = this.#open;
    if (stalest !== undefined && this.#now() - stalest.movedAt >= patienceMs) {
      this.#open.delete(stalest);
      stalest.res.destroy();
      return;
    }
    const text = `${this.#most} downloads are under way, as many as may be; try again.`;
    throw new ExportError('overloaded', text, {
      retryAfterSeconds: 5,
      headers: { Connection: 'close' },
    });
  }

  #note(download: Download): void {
    if (!this.#open.delete(download)) return;
    download.movedAt = this.#now();
    this.#open.add(download);
  }
}
