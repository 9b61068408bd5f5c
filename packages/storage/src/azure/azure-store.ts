import type { Readable } from 'node:stream';
import { BufferPool } from '@sluice/runtime';
import { StorageError } from '../errors.ts';
import { isKeyPart, keyParts } from '../object-key.ts';
import type {
  ByteRange,
  ObjectWriter,
  OutputStore,
  StoredObject,
  WriteOptions,
} from '../output-store.ts';
import type { AzureDescription } from '../storage-description.ts';
import { readBlob } from './azure-reader.ts';
import { AzureWriter } from './azure-writer.ts';
import { BlobContainer, type BlobContainerOptions } from './blob-container.ts';
import { listFolderPages, listPages, removeAll } from './blob-lists.ts';
import { dropBlocks, findFacts } from './staged-blocks.ts';
import { UrlSigner } from './url-signer.ts';

/** An object may have 50,000 of them, 400 GB together. */
const blockBytes = 8 << 20;

/** Requests of one chore at the same time. */
const width = 16;

/** What tests put in place of what production has. */
export interface AzureStoreOptions extends BlobContainerOptions {
  readonly now?: () => number;
}

/**
 * Output files in a container of Azure Blob Storage.
 *
 *   <prefix><folder>/<name>      a block blob: staged blocks that a commit has made visible
 *
 * All writers of an object stage blocks into one list that nobody sees. A commit names those it is made
 * of, and drops all others. So blocks tell in their ids which attempt they are of, and objects in
 * their metadata: an attempt that is behind another does not commit.
 */
export class AzureStore implements OutputStore {
  readonly #container: BlobContainer;
  readonly #signer: UrlSigner;
  readonly #pool = new BufferPool(blockBytes, 8);

  constructor(description: AzureDescription, options: AzureStoreOptions = {}) {
    const { storageClass } = description;
    if (storageClass !== undefined && !['Hot', 'Cool', 'Cold'].includes(storageClass)) {
      throw new StorageError(
        'misconfigured',
        `Azure has no storage class ${JSON.stringify(storageClass)} for files that are read at once: use Hot, Cool or Cold`,
      );
    }
    this.#container = new BlobContainer(description, options);
    this.#signer = new UrlSigner(this.#container, options.now ?? Date.now);
  }

  async createFolder(folder: string): Promise<void> {
    keyParts(folder);
    return Promise.resolve();
  }

  async write(key: string, options: WriteOptions): Promise<ObjectWriter> {
    keyParts(key);
    return Promise.resolve(new AzureWriter(this.#container, key, options, this.#pool));
  }

  async create(key: string, content: Buffer): Promise<boolean> {
    return await this.#container.create(key, content);
  }

  async find(key: string): Promise<StoredObject | undefined> {
    const facts = await findFacts(this.#container, key);
    if (!facts) return undefined;
    const { contentLength: bytes = 0, lastModified: modifiedAt = new Date(0) } = facts;
    return { key, bytes, modifiedAt };
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    return await readBlob(this.#container, key, range);
  }

  async list(folder: string): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    for await (const page of listPages(this.#container, folder)) {
      for (const { key, properties } of page) {
        const { contentLength: bytes = 0, lastModified: modifiedAt } = properties;
        found.push({ key, bytes, modifiedAt });
      }
    }
    return found;
  }

  async listFolders(): Promise<string[]> {
    const found: string[] = [];
    for await (const page of listFolderPages(this.#container)) found.push(...page);
    return found.filter(isKeyPart);
  }

  async removeUnfinished(folder: string): Promise<void> {
    // An object that is whole can have blocks too that were staged after it was committed.
    for await (const page of listPages(this.#container, folder, { uncommitted: true })) {
      for (let at = 0; at < page.length; at += width) {
        const some = page.slice(at, at + width);
        await Promise.all(some.map(({ key }) => dropBlocks(this.#container, key)));
      }
    }
  }

  async remove(key: string): Promise<void> {
    await this.#container.remove(key);
  }

  async removeFolder(folder: string): Promise<void> {
    for await (const page of listPages(this.#container, folder, { uncommitted: true })) {
      await removeAll(
        this.#container,
        page.map(({ key }) => key),
      );
    }
    // A delete does not see what was never committed.
    await this.removeUnfinished(folder);
    // Where the account has a hierarchical namespace, folders are things.
    await this.#container.remove(folder);
  }

  async signUrl(key: string, expiresAt: Date): Promise<string> {
    return await this.#signer.sign(key, expiresAt);
  }
}
