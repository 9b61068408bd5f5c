import { createHash, randomUUID } from 'node:crypto';
import type { BufferPool } from '@sluice/runtime';
import type { ObjectWriter, WriteOptions, WrittenObject } from '../output-store.ts';
import { storageFault } from '../storage-fault.ts';
import type { GcsDescription } from '../storage-description.ts';
import { crc32c, crc32cText } from './crc32c.ts';
import type { GcsClient } from './gcs-client.ts';
import { endMarkedSessions, folderOf, markerOf, writeMarker, type Marker } from './gcs-markers.ts';
import {
  deleteObject,
  getObject,
  metadataNames,
  outputObject,
  putObject,
  type GcsObject,
  type ObjectToWrite,
} from './gcs-object.ts';
import { cancelSession, GcsSession } from './gcs-session.ts';

/**
 * Writes one object. What fits one part goes in one request at commit. Of more, parts go to a resumable
 * session one after the other, one on its way while the next fills; the last waits for commit.
 *
 * Either way the object is made on the condition that the one seen before is still there, so of two
 * attempts neither can undo the other unseen. A session takes its condition when it begins. So a later
 * attempt ends the sessions of earlier ones; if one of them comes between all the same, its own fails
 * as what may pass, and the attempt after it wins.
 */
export class GcsWriter implements ObjectWriter {
  readonly #client: GcsClient;
  readonly #pool: BufferPool;
  readonly #object: ObjectToWrite;
  readonly #attempt: number;
  readonly #id = randomUUID();
  readonly #hash = createHash('sha256');
  readonly #stop = new AbortController();
  #crc = 0;
  #bytes = 0;
  /** The part that fills. */
  #part: Buffer | undefined;
  #filled = 0;
  /** The part on its way: rejects with its fault, which the next step meets. */
  #sending: Promise<void> = Promise.resolve();
  #session: Promise<GcsSession> | undefined;
  #marked: Promise<void> | undefined;
  #committed = false;

  constructor(
    client: GcsClient,
    pool: BufferPool,
    description: GcsDescription,
    name: string,
    options: WriteOptions,
  ) {
    this.#client = client;
    this.#pool = pool;
    this.#attempt = options.attempt;
    this.#object = outputObject(description, name, options, this.#id);
  }

  async write(block: Buffer): Promise<void> {
    this.#hash.update(block);
    this.#crc = crc32c(block, this.#crc);
    this.#bytes += block.length;
    for (let at = 0; at < block.length;) {
      if (this.#filled === this.#pool.bytes) await this.#sendPart();
      this.#part ??= this.#pool.take();
      const copied = block.copy(this.#part, this.#filled, at);
      this.#filled += copied;
      at += copied;
    }
  }

  async commit(): Promise<WrittenObject> {
    this.#stop.signal.throwIfAborted();
    const last = this.#part?.subarray(0, this.#filled) ?? Buffer.alloc(0);
    await this.#sending;
    if (this.#session) await this.#commitSession(await this.#session, last);
    else await this.#commitAtOnce(last);
    this.#committed = true;
    if (this.#part) this.#pool.give(this.#part);
    this.#part = undefined;
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  async abort(): Promise<void> {
    if (this.#committed) return;
    this.#stop.abort();
    await this.#sending.catch(() => undefined);
    if (this.#part) this.#pool.give(this.#part);
    this.#part = undefined;
    const session = await this.#session?.catch(() => undefined);
    if (session) await this.#end(session);
  }

  /** Sends the part that is full, once the one before it has arrived. */
  async #sendPart(): Promise<void> {
    await this.#sending;
    const part = this.#part;
    if (!part) return;
    this.#part = undefined;
    this.#filled = 0;
    this.#sending = this.#send(part);
    // Its fault is met by whoever waits for it next.
    this.#sending.catch(() => undefined);
  }

  async #send(part: Buffer): Promise<void> {
    try {
      this.#session ??= this.#begin();
      const session = await this.#session;
      this.#marked ??= writeMarker(this.#client, this.#marker(), session.uri);
      await this.#marked;
      await session.send(part);
    } finally {
      this.#pool.give(part);
    }
  }

  async #begin(): Promise<GcsSession> {
    const { name } = this.#object;
    if (this.#attempt > 1) {
      const isEarlier = (key: string, attempt: number) => key === name && attempt < this.#attempt;
      await endMarkedSessions(this.#client, folderOf(name), isEarlier);
    }
    const present = await getObject(this.#client, name);
    this.#checkFence(present);
    const generation = present?.generation ?? '0';
    return await GcsSession.begin(this.#client, this.#object, generation, this.#stop.signal);
  }

  async #commitSession(session: GcsSession, last: Buffer): Promise<void> {
    const answer = await session.finish(last, crc32cText(this.#crc));
    if (answer?.status === 200 || answer?.status === 201) {
      await this.#checkSum(answer.data);
    } else {
      const present = await getObject(this.#client, this.#object.name);
      if (!this.#isOwn(present)) {
        await this.#end(session);
        this.#checkFence(present);
        throw answer ? this.#overtaken() : session.endedFault();
      }
    }
    await deleteObject(this.#client, markerOf(this.#marker()));
  }

  async #commitAtOnce(bytes: Buffer): Promise<void> {
    const content = { bytes, crc32c: crc32cText(this.#crc) };
    // Nothing is there, most of the time; if something is, we are told.
    let generation = '0';
    for (let tries = 0; tries < 10; tries += 1) {
      const { signal } = this.#stop;
      const answer = await putObject(this.#client, this.#object, content, generation, signal);
      if (answer.status !== 412) return await this.#checkSum(answer.data);
      const present = await getObject(this.#client, this.#object.name);
      if (this.#isOwn(present)) return;
      this.#checkFence(present);
      generation = present?.generation ?? '0';
    }
    throw this.#overtaken();
  }

  /** Takes back an object that Google made of other bytes than were given to it. */
  async #checkSum({ crc32c: sum, generation }: GcsObject): Promise<void> {
    if (sum === undefined || sum === crc32cText(this.#crc)) return;
    await deleteObject(this.#client, this.#object.name, generation);
    throw this.#fault('corrupt');
  }

  /** Whether the object is of this very upload: its answer was lost. */
  #isOwn(present: GcsObject | undefined): boolean {
    return present?.metadata?.[metadataNames.upload] === this.#id;
  }

  #checkFence(present: GcsObject | undefined): void {
    const attempt = Number(present?.metadata?.[metadataNames.attempt] ?? 0);
    if (attempt > this.#attempt) throw this.#fault('fenced');
  }

  async #end({ uri }: GcsSession): Promise<void> {
    await cancelSession(this.#client, uri);
    await deleteObject(this.#client, markerOf(this.#marker()));
  }

  #marker(): Marker {
    return { key: this.#object.name, attempt: this.#attempt, uploadId: this.#id };
  }

  #overtaken(): Error {
    return this.#fault('unavailable', 'an earlier attempt has written this object meanwhile');
  }

  #fault(code: 'corrupt' | 'fenced' | 'unavailable', advice?: string): Error {
    const store = `GCS bucket "${this.#client.bucket}"`;
    return storageFault({ code, store, operation: 'storage.objects.create', advice });
  }
}
