import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
  type ObjectIdentifier,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { BufferPool } from '@sluice/runtime';
import { S3Bucket, type S3Patience } from './s3-bucket.ts';
import { lookAt } from './s3-present.ts';
import { abortUploads, foldersOfUploads } from './s3-uploads.ts';
import { createObject } from './s3-create.ts';
import { S3Writer } from './s3-writer.ts';
import { isKeyPart } from '../object-key.ts';
import type {
  ByteRange,
  ObjectWriter,
  OutputStore,
  StoredObject,
  WriteOptions,
} from '../output-store.ts';
import type { S3Description } from '../storage-description.ts';

const partBytes = 8 << 20;
/** Parts of which the memory is kept when nobody writes: of four writers, with two on their way each. */
const keptParts = 12;
/** The longest that S3 lets a URL live. */
const longestUrlSeconds = 7 * 24 * 3600;

/**
 * Output files in a bucket of S3, or of a store that speaks its protocol.
 *
 *   <prefix><folder>/<name>     a whole object; S3 shows none before it is whole
 *   a multipart upload          one being written that is longer than a part (8 MB)
 *
 * Every object tells the attempt that wrote it (`x-amz-meta-sluice-attempt`): a commit looks at what is
 * there, gives way to a later attempt, and else replaces exactly what it saw.
 */
export class S3Store implements OutputStore {
  readonly #bucket: S3Bucket;
  readonly #parts = new BufferPool(partBytes, keptParts);

  /** Nothing is asked of the bucket until it is used. */
  constructor(description: S3Description, patience: Partial<S3Patience> = {}) {
    this.#bucket = new S3Bucket(description, patience);
  }

  async createFolder(folder: string): Promise<void> {
    this.#bucket.below(folder);
    await this.#bucket.signIn();
  }

  async write(key: string, options: WriteOptions): Promise<ObjectWriter> {
    const writer = new S3Writer(this.#bucket, key, options, this.#parts);
    await this.#bucket.signIn();
    return writer;
  }

  async create(key: string, content: Buffer): Promise<boolean> {
    return await createObject(this.#bucket, key, content);
  }

  async find(key: string): Promise<StoredObject | undefined> {
    const present = await lookAt(this.#bucket, key);
    return present && { key, bytes: present.bytes, modifiedAt: present.modifiedAt };
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    const command = new GetObjectCommand({
      ...this.#bucket.at(key),
      ...(range && { Range: `bytes=${range.start}-${range.end}` }),
    });
    const { Body } = await this.#bucket.ask('GetObject', (client) => client.send(command));
    // Always a stream in Node; its type allows for browsers.
    return Body as Readable;
  }

  async list(folder: string): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    for await (const { Contents = [] } of this.#pages(this.#bucket.below(folder))) {
      for (const {
        Key = '',
        Size: bytes = 0,
        LastModified: modifiedAt = new Date(0),
      } of Contents) {
        const key = this.#bucket.keyOf(Key);
        if (key !== undefined) found.push({ key, bytes, modifiedAt });
      }
    }
    return found;
  }

  async listFolders(): Promise<string[]> {
    const { prefix, bucket } = this.#bucket.description;
    const top = { Bucket: bucket, Prefix: prefix, Delimiter: '/' };
    const found = new Set<string>();
    const add = (Prefix = '') => found.add(Prefix.slice(prefix.length, -1));
    for await (const { CommonPrefixes = [] } of this.#pages(top)) {
      for (const { Prefix } of CommonPrefixes) add(Prefix);
    }
    for (const Prefix of await foldersOfUploads(this.#bucket)) add(Prefix);
    return [...found].filter(isKeyPart);
  }

  async removeUnfinished(folder: string): Promise<void> {
    await abortUploads(this.#bucket, folder);
  }

  async remove(key: string): Promise<void> {
    const command = new DeleteObjectCommand(this.#bucket.at(key));
    await this.#bucket.ask('DeleteObject', (client) => client.send(command));
  }

  async removeFolder(folder: string): Promise<void> {
    await abortUploads(this.#bucket, folder);
    for await (const { Contents = [] } of this.#pages(this.#bucket.below(folder))) {
      if (Contents.length > 0) await this.#removeAll(Contents.map(({ Key }) => ({ Key })));
    }
  }

  async signUrl(key: string, expiresAt: Date): Promise<string> {
    const name = key.slice(key.indexOf('/') + 1);
    const command = new GetObjectCommand({
      ...this.#bucket.at(key),
      ResponseContentDisposition: `attachment; filename="${name}"`,
    });
    const seconds = Math.floor((expiresAt.getTime() - Date.now()) / 1000);
    const expiresIn = Math.min(Math.max(seconds, 1), longestUrlSeconds);
    return await this.#bucket.ask('GetObject', (client) =>
      getSignedUrl(client, command, { expiresIn }),
    );
  }

  /** What lies below a prefix, a thousand keys at a time. */
  async *#pages(below: ListObjectsV2CommandInput): AsyncGenerator<ListObjectsV2CommandOutput> {
    let ContinuationToken: string | undefined;
    do {
      const command = new ListObjectsV2Command({ ...below, ContinuationToken });
      const page = await this.#bucket.ask('ListObjectsV2', (client) => client.send(command));
      yield page;
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
  }

  /** Removes up to a thousand objects. S3 answers 200 even when it could remove none of them. */
  async #removeAll(Objects: ObjectIdentifier[]): Promise<void> {
    const { bucket: Bucket } = this.#bucket.description;
    const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } });
    await this.#bucket.ask('DeleteObjects', async (client) => {
      const { Errors = [] } = await client.send(command);
      const [first] = Errors;
      if (first) throw Object.assign(new Error(first.Message), { name: first.Code });
    });
  }
}
