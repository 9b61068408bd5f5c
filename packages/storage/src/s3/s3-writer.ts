import { createHash, randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { BufferPool } from '@sluice/runtime';
import { isReason, type S3Bucket } from './s3-bucket.ts';
import { lookAt, writerMetadata } from './s3-present.ts';
import { abortUpload } from './s3-uploads.ts';
import type { ObjectWriter, WriteOptions, WrittenObject } from '../output-store.ts';

/** Parts of one object on their way at a time. */
const maxInFlight = 2;
/** After so many parts they double in size, so that the 10,000 there may be suffice for 8 TB. */
const partsOfOneSize = 1_000;
/** How often a commit looks again when others write the same key. */
const maxLooks = 5;
/**
 * Another object is there than was looked at; or the upload is gone, which a lost reply may explain; or the
 * store takes no conditions, so that what a look tells has to do.
 */
const reasonsToLook = [
  'PreconditionFailed',
  'ConditionalRequestConflict',
  'NoSuchUpload',
  'NotImplemented',
] as const;

/** A part as S3 wants to be told of it at the end; its ETag is known once it has arrived. */
interface Part {
  readonly PartNumber: number;
  readonly ChecksumCRC32: string;
  ETag: string | undefined;
}

/** What must hold of the key when the object becomes visible. */
interface Condition {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: '*';
}

/**
 * Writes one object: by a single request when it fits one part, else by a multipart upload. S3 verifies the
 * CRC32 of every part, and at the end the list of them all and the size of the whole.
 *
 * lib-storage's Upload does not do: it takes its conditions before the first byte and cannot look again when
 * S3 finds them broken, and it makes new memory for every part.
 */
export class S3Writer implements ObjectWriter {
  readonly #bucket: S3Bucket;
  readonly #key: string;
  readonly #at: { readonly Bucket: string; readonly Key: string };
  readonly #options: WriteOptions;
  readonly #pool: BufferPool;
  /** Tells our own object from another's when the reply to the commit was lost. */
  readonly #id = randomUUID();
  readonly #hash = createHash('sha256');
  #bytes = 0;
  /** The part that is being filled, how much of it is, and the checksum of that. */
  #part: Buffer | undefined;
  #used = 0;
  #crc = 0;
  #uploadId: string | undefined;
  readonly #parts: Part[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #fault: Error | undefined;
  #written: WrittenObject | undefined;

  /** @param pool buffers of the size that parts have at first */
  constructor(bucket: S3Bucket, key: string, options: WriteOptions, pool: BufferPool) {
    this.#bucket = bucket;
    this.#key = key;
    this.#at = bucket.at(key);
    this.#options = options;
    this.#pool = pool;
  }

  async write(block: Buffer): Promise<void> {
    this.#hash.update(block);
    this.#bytes += block.length;
    for (let at = 0; at < block.length;) {
      // Not before there is more: what fits one part is sent whole, at commit.
      if (this.#used === this.#part?.length) await this.#sendPart();
      this.#part ??= this.#newPart();
      const copied = block.copy(this.#part, this.#used, at);
      this.#crc = crc32(block.subarray(at, at + copied), this.#crc);
      this.#used += copied;
      at += copied;
    }
  }

  async commit(): Promise<WrittenObject> {
    if (this.#uploadId !== undefined && this.#used > 0) await this.#sendPart();
    await this.#waitForParts(0);
    await this.#publish();
    this.#release();
    this.#written ??= { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
    return this.#written;
  }

  async abort(): Promise<void> {
    if (this.#written) return;
    this.#stop.abort();
    // A part that arrives after the upload was aborted may stay for ever.
    await Promise.all(this.#inFlight);
    this.#release();
    const UploadId = this.#uploadId;
    if (UploadId === undefined) return;
    await abortUpload(this.#bucket, { Key: this.#at.Key, UploadId });
  }

  #newPart(): Buffer {
    const size = this.#pool.bytes * 2 ** Math.floor(this.#parts.length / partsOfOneSize);
    return size === this.#pool.bytes ? this.#pool.take() : Buffer.allocUnsafeSlow(size);
  }

  /** Sends the part that is filled, as soon as few enough others are on their way. */
  async #sendPart(): Promise<void> {
    this.#uploadId ??= await this.#begin();
    await this.#waitForParts(maxInFlight - 1);
    const Body = this.#part?.subarray(0, this.#used) ?? Buffer.alloc(0);
    const PartNumber = this.#parts.length + 1;
    const part: Part = { PartNumber, ChecksumCRC32: base64(this.#crc), ETag: undefined };
    this.#parts.push(part);
    this.#part = undefined;
    this.#used = 0;
    this.#crc = 0;
    const sending = this.#upload(part, Body)
      .catch((error: unknown) => (this.#fault ??= error as Error))
      .then(() => {
        this.#pool.give(Body);
        this.#inFlight.delete(sending);
      });
    this.#inFlight.add(sending);
  }

  async #waitForParts(most: number): Promise<void> {
    while (this.#inFlight.size > most) await Promise.race(this.#inFlight);
    if (this.#fault) throw this.#fault;
  }

  /**
   * Makes the object visible unless a later attempt's is there: on condition that what is there is still
   * what was looked at, so that of two that commit at the same time one has to look again.
   */
  async #publish(): Promise<void> {
    for (let looks = 1; ; looks++) {
      const present = await lookAt(this.#bucket, this.#key);
      if (present?.writer === this.#id) return;
      if (present && present.attempt > this.#options.attempt) {
        await this.abort();
        throw this.#bucket.fault('fenced', 'PutObject');
      }
      const seen: Condition = present ? { IfMatch: present.etag } : { IfNoneMatch: '*' };
      const condition = this.#bucket.takesConditions ? seen : {};
      try {
        await (this.#uploadId === undefined ? this.#put(condition) : this.#complete(condition));
        return;
      } catch (error) {
        if (isReason(error, 'NotImplemented')) this.#bucket.takesConditions = false;
        if (looks === maxLooks || !isReason(error, ...reasonsToLook)) throw error;
      }
    }
  }

  async #put(condition: Condition): Promise<void> {
    const Body = this.#part?.subarray(0, this.#used) ?? Buffer.alloc(0);
    const command = new PutObjectCommand({
      ...this.#described(),
      ...condition,
      Body,
      ChecksumCRC32: base64(this.#crc),
    });
    await this.#bucket.ask('PutObject', (client) => client.send(command, this.#abortable()));
  }

  async #begin(): Promise<string> {
    const command = new CreateMultipartUploadCommand({
      ...this.#described(),
      ChecksumAlgorithm: 'CRC32',
    });
    const { UploadId } = await this.#bucket.ask('CreateMultipartUpload', (client) =>
      client.send(command, this.#abortable()),
    );
    if (UploadId === undefined) throw this.#bucket.fault('unavailable', 'CreateMultipartUpload');
    return UploadId;
  }

  async #upload(part: Part, Body: Buffer): Promise<void> {
    const UploadId = this.#uploadId;
    const command = new UploadPartCommand({
      ...this.#at,
      ...part,
      UploadId,
      Body,
    });
    const { ETag } = await this.#bucket.ask('UploadPart', (client) =>
      client.send(command, this.#abortable()),
    );
    part.ETag = ETag;
  }

  async #complete(condition: Condition): Promise<void> {
    const command = new CompleteMultipartUploadCommand({
      ...this.#at,
      ...condition,
      UploadId: this.#uploadId,
      MultipartUpload: { Parts: this.#parts },
      MpuObjectSize: this.#bytes,
    });
    await this.#bucket.ask('CompleteMultipartUpload', (client) =>
      client.send(command, this.#abortable()),
    );
  }

  /** The object as it is to be stored. */
  #described() {
    const { contentType, attempt } = this.#options;
    return {
      ...this.#at,
      ...this.#bucket.keptAs,
      ContentType: contentType,
      Metadata: writerMetadata(attempt, this.#id),
    };
  }

  #abortable() {
    return { abortSignal: this.#stop.signal };
  }

  #release(): void {
    if (this.#part) this.#pool.give(this.#part);
    this.#part = undefined;
  }
}

/** As S3 writes a CRC32. */
function base64(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}
