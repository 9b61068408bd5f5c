import type { Readable } from 'node:stream';
import type { Bucket } from '@google-cloud/storage';
import { BufferPool } from '@sluice/runtime';
import { isKeyPart, keyParts } from '../object-key.ts';
import type {
  ByteRange,
  ObjectWriter,
  OutputStore,
  StoredObject,
  WriteOptions,
} from '../output-store.ts';
import type { GcsDescription } from '../storage-description.ts';
import { crc32c, crc32cText } from './crc32c.ts';
import { GcsClient } from './gcs-client.ts';
import { toSigningError } from './gcs-faults.ts';
import { listFolderNames, listObjects } from './gcs-list.ts';
import { endMarkedSessions } from './gcs-markers.ts';
import { deleteObject, getObject, putObject, type GcsObject } from './gcs-object.ts';
import { usualPatience, type Patience } from './gcs-patience.ts';
import { readObject } from './gcs-read.ts';
import { GcsWriter } from './gcs-writer.ts';

/** A multiple of `chunkUnit`. Larger ones would save little: a request takes tens of milliseconds. */
const partBytes = 8 << 20;

/** Objects that are deleted at the same time. */
const deletesAtOnce = 16;

/**
 * Output files in a bucket of Google Cloud Storage.
 *
 *   <prefix><folder>/<name>             a whole object; in its metadata the attempt that wrote it
 *   <prefix><folder>/.upload-<uuid>     URI of the session of one that is being uploaded
 *
 * An object becomes visible when it is whole, and not by us: Google makes it of the last bytes. What
 * nobody finishes is found by its marker, and ends by itself after a week.
 */
export class GcsStore implements OutputStore {
  readonly #client: GcsClient;
  readonly #bucket: Bucket;
  readonly #description: GcsDescription;
  readonly #parts = new BufferPool(partBytes, 8);

  /** @param patience how long the store is waited for, where it differs from what is usual */
  constructor(description: GcsDescription, patience: Partial<Patience> = {}) {
    this.#description = description;
    this.#client = new GcsClient(description, { ...usualPatience, ...patience });
    this.#bucket = this.#client.sdkBucket();
  }

  async createFolder(folder: string): Promise<void> {
    keyParts(folder);
    return Promise.resolve();
  }

  async write(key: string, options: WriteOptions): Promise<ObjectWriter> {
    const name = this.#name(key);
    const writer = new GcsWriter(this.#client, this.#parts, this.#description, name, options);
    return Promise.resolve(writer);
  }

  async create(key: string, content: Buffer): Promise<boolean> {
    const { tags, storageClass, encryptionKey } = this.#description;
    const object = {
      name: this.#name(key),
      contentType: 'application/json',
      metadata: tags,
      ...(storageClass && { storageClass }),
      ...(encryptionKey && { kmsKeyName: encryptionKey }),
    };
    const sum = crc32cText(crc32c(content));
    const { status } = await putObject(this.#client, object, { bytes: content, crc32c: sum }, '0');
    return status !== 412;
  }

  async find(key: string): Promise<StoredObject | undefined> {
    const found = await getObject(this.#client, this.#name(key));
    return found && this.#stored(found);
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    return await readObject(this.#client, this.#name(key), range);
  }

  async list(folder: string): Promise<StoredObject[]> {
    const prefix = this.#folder(folder);
    const found: StoredObject[] = [];
    for await (const object of listObjects(this.#client, prefix)) {
      if (isKeyPart(object.name.slice(prefix.length))) found.push(this.#stored(object));
    }
    return found;
  }

  async listFolders(): Promise<string[]> {
    const names = await listFolderNames(this.#client, this.#description.prefix);
    return names.filter(isKeyPart);
  }

  async removeUnfinished(folder: string): Promise<void> {
    await endMarkedSessions(this.#client, this.#folder(folder));
  }

  async remove(key: string): Promise<void> {
    await deleteObject(this.#client, this.#name(key));
  }

  async removeFolder(folder: string): Promise<void> {
    await this.removeUnfinished(folder);
    const objects = listObjects(this.#client, this.#folder(folder));
    const removeNext = async (): Promise<void> => {
      for (let next = await objects.next(); !next.done; next = await objects.next()) {
        await deleteObject(this.#client, next.value.name);
      }
    };
    await Promise.all(Array.from({ length: deletesAtOnce }, removeNext));
  }

  async signUrl(key: string, expiresAt: Date): Promise<string> {
    const file = this.#bucket.file(this.#name(key));
    const { signingEndpoint } = this.#description;
    try {
      const [url] = await file.getSignedUrl({
        version: 'v4',
        action: 'read',
        expires: expiresAt,
        promptSaveAs: key.slice(key.lastIndexOf('/') + 1),
        ...(signingEndpoint && {
          signingEndpoint: `${signingEndpoint}/v1/projects/-/serviceAccounts/`,
        }),
      });
      return url;
    } catch (error) {
      throw toSigningError(this.#description.bucket, error);
    }
  }

  #stored({ name, size, updated }: GcsObject): StoredObject {
    const key = name.slice(this.#description.prefix.length);
    return { key, bytes: Number(size), modifiedAt: new Date(updated) };
  }

  #name(key: string): string {
    return this.#description.prefix + keyParts(key).join('/');
  }

  #folder(folder: string): string {
    return `${this.#name(folder)}/`;
  }
}
