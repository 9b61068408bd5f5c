import { Readable } from 'node:stream';
import type { ByteRange } from '../output-store.ts';
import type { BlobContainer } from './blob-container.ts';
import { StallError } from './request-tries.ts';

/** In a row, without a byte from any of them. */
const maxUselessConnections = 5;

/** What comes over one connection: the rest of the object, or of the range of it. */
interface Rest {
  readonly body: Readable;
  readonly bytes: number;
  readonly etag: string;
}

/**
 * Opens an object or a range of it. What a connection that was cut, or has stalled, did not bring is
 * asked for again, of the same version of the object. The SDK would give up.
 *
 * @throws StorageError `not-found`
 */
export async function readBlob(
  container: BlobContainer,
  key: string,
  range?: ByteRange,
): Promise<Readable> {
  const start = range?.start ?? 0;
  const first = await open(container, key, start, range && range.end - start + 1);
  return new BlobReadable(container, key, start, first);
}

class BlobReadable extends Readable {
  readonly #container: BlobContainer;
  readonly #key: string;
  readonly #end: number;
  #at: number;
  #rest: Rest;
  #chunks: AsyncIterator<Buffer>;
  #useless = 0;
  #fault: unknown;

  constructor(container: BlobContainer, key: string, start: number, first: Rest) {
    super({ highWaterMark: 1 << 18 });
    this.#container = container;
    this.#key = key;
    this.#at = start;
    this.#end = start + first.bytes;
    this.#rest = first;
    this.#chunks = first.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  override _read(): void {
    this.#next().then(
      (chunk) => this.push(chunk),
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#rest.body.destroy();
    done(error);
  }

  async #next(): Promise<Buffer | null> {
    while (this.#at < this.#end && !this.destroyed) {
      const chunk = await this.#nextOfConnection();
      if (!chunk) {
        await this.#reopen();
        continue;
      }
      this.#at += chunk.length;
      this.#useless = 0;
      return chunk;
    }
    return null;
  }

  /** `undefined` when the connection brings nothing more. */
  async #nextOfConnection(): Promise<Buffer | undefined> {
    const { stallMs } = this.#container.limits;
    const { body } = this.#rest;
    const timer = setTimeout(() => body.destroy(new StallError(stallMs)), stallMs);
    try {
      const next = await this.#chunks.next();
      return next.done ? undefined : next.value;
    } catch (error) {
      this.#fault = error;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  async #reopen(): Promise<void> {
    if (this.destroyed) return;
    this.#useless += 1;
    if (this.#useless > maxUselessConnections) {
      const cause = this.#fault;
      throw this.#container.fault({ code: 'unavailable', operation: 'GetBlob', cause });
    }
    this.#container.onRetry('connection');
    const { etag } = this.#rest;
    const bytes = this.#end - this.#at;
    this.#rest = await open(this.#container, this.#key, this.#at, bytes, etag);
    this.#chunks = this.#rest.body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    if (this.destroyed) this.#rest.body.destroy();
  }
}

/** @param etag of the version that is meant; absent: the one there is */
async function open(
  container: BlobContainer,
  key: string,
  start: number,
  bytes: number | undefined,
  etag?: string,
): Promise<Rest> {
  const answer = await container.request('GetBlob', ({ abortSignal }) =>
    container.blob(key).download(start, bytes, {
      abortSignal,
      conditions: etag === undefined ? {} : { ifMatch: etag },
    }),
  );
  const body = answer.readableStreamBody as Readable;
  // It is heard of by whoever reads next, which may be later.
  body.on('error', () => undefined);
  return { body, bytes: answer.contentLength ?? 0, etag: answer.etag ?? '' };
}
