import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobGetPropertiesResponse } from '@azure/storage-blob';
import type { BufferPool } from '@sluice/runtime';
import type { ObjectWriter, WriteOptions, WrittenObject } from '../output-store.ts';
import { isBlockFault, isConditionFault } from './azure-faults.ts';
import type { BlobContainer } from './blob-container.ts';
import {
  attemptOfBlock,
  blockId,
  dropBlocks,
  findBlocks,
  findFacts,
  newUpload,
  type Upload,
} from './staged-blocks.ts';

/** Of one writer, on their way at the same time. */
const maxBlocksInFlight = 2;

/** How often a commit looks again when others write the same object. */
const maxLooks = 5;

/** Small enough to tell a slow connection from a dead one. */
const pieceBytes = 1 << 16;

/**
 * Writes one object as staged blocks, which become visible at once when their list is committed. Every
 * block goes with its MD5, which the service verifies.
 */
export class AzureWriter implements ObjectWriter {
  readonly #container: BlobContainer;
  readonly #key: string;
  readonly #contentType: string;
  readonly #upload: Upload;
  readonly #pool: BufferPool;
  readonly #hash = createHash('sha256');
  readonly #blocks: string[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  readonly #ended = new AbortController();
  #bytes = 0;
  /** The block that is being filled. */
  #buffer: Buffer | undefined;
  #filled = 0;
  #md5 = createHash('md5');
  /** Of an object of one block, kept until it is committed: an earlier attempt that is late may drop it. */
  #only: SentBlock | undefined;
  #failure: Error | undefined;
  #isCommitting = false;

  /** @param pool buffers of the size of a block */
  constructor(
    container: BlobContainer,
    key: string,
    { contentType, attempt }: WriteOptions,
    pool: BufferPool,
  ) {
    this.#container = container;
    this.#key = key;
    this.#contentType = contentType;
    this.#upload = newUpload(attempt);
    this.#pool = pool;
  }

  async write(block: Buffer): Promise<void> {
    this.#check();
    this.#hash.update(block);
    this.#bytes += block.length;
    for (let at = 0; at < block.length;) {
      const buffer = (this.#buffer ??= this.#pool.take());
      const copied = block.copy(buffer, this.#filled, at);
      this.#md5.update(block.subarray(at, at + copied));
      this.#filled += copied;
      at += copied;
      if (this.#filled === buffer.length) await this.#stage(buffer);
    }
  }

  async commit(): Promise<WrittenObject> {
    this.#check();
    if (this.#buffer) {
      await this.#stage(this.#buffer.subarray(0, this.#filled), this.#blocks.length === 0);
    }
    await Promise.all(this.#inFlight);
    this.#check();
    const sha256 = this.#hash.digest('hex');
    await this.#publish(sha256);
    this.#ended.abort();
    this.#release();
    return { bytes: this.#bytes, sha256 };
  }

  async abort(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    if (this.#buffer) this.#pool.give(this.#buffer);
    this.#release();
    // Cut off, their blocks could still arrive, after the others were dropped.
    await Promise.all(this.#inFlight);
    if (this.#isCommitting) await this.#retract();
    if (this.#blocks.length === 0) return;
    const { uncommitted } = await findBlocks(this.#container, this.#key);
    // What a later attempt does next drops ours as well.
    if (!uncommitted.some((name) => this.#isLater(attemptOfBlock(name)))) {
      await dropBlocks(this.#container, this.#key);
    }
  }

  async #stage(bytes: Buffer, isOnly = false): Promise<void> {
    const name = blockId(this.#upload, this.#blocks.length);
    const block: SentBlock = { name, bytes, md5: this.#md5.digest() };
    this.#blocks.push(name);
    if (isOnly) this.#only = block;
    this.#buffer = undefined;
    this.#filled = 0;
    this.#md5 = createHash('md5');
    while (this.#inFlight.size >= maxBlocksInFlight) await Promise.race(this.#inFlight);
    const sending = this.#send(block)
      .catch((error: unknown) => (this.#failure ??= error as Error))
      .then(() => {
        this.#inFlight.delete(sending);
        if (!isOnly) this.#pool.give(bytes);
      });
    this.#inFlight.add(sending);
    // When housekeeping drops the first, the commit fails; others may still arrive after that.
    if (this.#blocks.length === 1) await sending;
    this.#check();
  }

  async #send({ name, bytes, md5: transactionalContentMD5 }: SentBlock): Promise<void> {
    const blob = this.#container.blob(this.#key);
    await this.#container.request(
      'PutBlock',
      (attempt) =>
        blob.stageBlock(name, () => Readable.from(piecesOf(bytes)), bytes.length, {
          ...attempt,
          ...this.#container.encryption,
          transactionalContentMD5,
        }),
      this.#ended.signal,
    );
  }

  /** Commits on the condition that the object is still what it was seen to be. */
  async #publish(sha256: string): Promise<void> {
    this.#isCommitting = true;
    for (let looks = 1; ; looks += 1) {
      const seen = await this.#look();
      // The reply to a commit was lost.
      if (this.#isOwn(seen)) return;
      try {
        await this.#container.commit(this.#key, this.#blocks, {
          conditions: seen?.etag === undefined ? { ifNoneMatch: '*' } : { ifMatch: seen.etag },
          blobHTTPHeaders: { blobContentType: this.#contentType },
          metadata: {
            sluice_attempt: String(this.#upload.attempt),
            sluice_upload: this.#upload.id,
            sluice_sha256: sha256,
          },
        });
        return;
      } catch (error) {
        const isLost = isBlockFault(error);
        if (isLost && this.#only && looks < maxLooks) await this.#send(this.#only);
        else if (isLost) throw await this.#blocksLost(error);
        else if (!isConditionFault(error) || looks === maxLooks) throw error;
      }
    }
  }

  /** What is there of the object. @throws StorageError `fenced` when a later attempt is at work or done */
  async #look(): Promise<BlobGetPropertiesResponse | undefined> {
    const [facts, { uncommitted }] = await Promise.all([
      findFacts(this.#container, this.#key),
      findBlocks(this.#container, this.#key),
    ]);
    const attempts = [attemptOfObject(facts), ...uncommitted.map(attemptOfBlock)];
    if (!attempts.some((attempt) => this.#isLater(attempt))) return facts;
    await this.abort();
    throw this.#container.fault({ code: 'fenced', operation: 'PutBlockList' });
  }

  /** After a commit whose end is not known: the object may be there. */
  async #retract(): Promise<void> {
    const facts = await findFacts(this.#container, this.#key);
    if (this.#isOwn(facts)) await this.#container.remove(this.#key, { ifMatch: facts?.etag ?? '' });
  }

  /** An earlier attempt that was late, or housekeeping, has dropped them: another attempt can do it. */
  async #blocksLost(cause: unknown): Promise<unknown> {
    await this.#look();
    const advice = 'blocks of the object are gone, it has to be written again';
    return this.#container.fault({ code: 'unavailable', operation: 'PutBlockList', advice, cause });
  }

  #release(): void {
    if (this.#only) this.#pool.give(this.#only.bytes);
    this.#only = undefined;
  }

  #isLater(attempt: number): boolean {
    return attempt > this.#upload.attempt;
  }

  #isOwn(facts: BlobGetPropertiesResponse | undefined): boolean {
    return facts?.metadata?.['sluice_upload'] === this.#upload.id;
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
    if (this.#ended.signal.aborted) throw new Error(`the upload of ${this.#key} has ended`);
  }
}

/** A block on its way, or there. */
interface SentBlock {
  readonly name: string;
  readonly bytes: Buffer;
  readonly md5: Buffer;
}

/** Attempt that has written an object; 0 for one that is none of ours. */
function attemptOfObject(facts: BlobGetPropertiesResponse | undefined): number {
  return Number(facts?.metadata?.['sluice_attempt'] ?? 0) || 0;
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
