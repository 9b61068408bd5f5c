import { createHash, randomUUID, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { StorageError } from './errors.ts';
import type {
  ByteRange,
  ObjectWriter,
  OutputStore,
  StoredObject,
  WrittenObject,
} from './output-store.ts';

/**
 * Output files in a folder of this machine, or of a volume that API and workers share.
 *
 *   <root>/<folder>/<name>                 a whole file
 *   <root>/<folder>/.<name>.<uuid>.tmp     one being written
 *
 * A file is written under its temporary name, synced, then renamed: it is visible whole or not at
 * all, and a second writer of the same key replaces it by the same bytes. Writers never make a
 * folder, so what a late writer does after the folder was removed fails.
 */
export class FileStore implements OutputStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = resolve(root);
  }

  async createFolder(folder: string): Promise<void> {
    await told(folder, mkdir(this.#path(folder), { recursive: true }));
  }

  async write(key: string): Promise<ObjectWriter> {
    const path = this.#path(key);
    const temporary = join(dirname(path), `.${key.split('/')[1] ?? ''}.${randomUUID()}.tmp`);
    const handle = await told(key, open(temporary, 'wx', 0o640));
    return new FileWriter(handle, temporary, path);
  }

  async find(key: string): Promise<StoredObject | undefined> {
    const facts = await ifPresent(stat(this.#path(key)));
    return facts?.isFile() ? { key, bytes: facts.size, modifiedAt: facts.mtime } : undefined;
  }

  async read(key: string, range?: ByteRange): Promise<Readable> {
    const handle = await told(key, open(this.#path(key), 'r'));
    return createReadStream('', { fd: handle, highWaterMark: 1 << 18, ...range });
  }

  async list(folder: string): Promise<StoredObject[]> {
    const names = (await ifPresent(readdir(this.#path(folder)))) ?? [];
    const found = await Promise.all(
      names.filter((name) => !isTemporary(name)).map((name) => this.find(`${folder}/${name}`)),
    );
    return found.filter((object) => object !== undefined);
  }

  async listFolders(): Promise<string[]> {
    const entries = (await ifPresent(readdir(this.#root, { withFileTypes: true }))) ?? [];
    return entries.filter((e) => e.isDirectory() && keyPart.test(e.name)).map((e) => e.name);
  }

  async removeUnfinished(folder: string): Promise<void> {
    const names = (await ifPresent(readdir(this.#path(folder)))) ?? [];
    for (const name of names.filter(isTemporary)) {
      await ifPresent(unlink(join(this.#path(folder), name)));
    }
  }

  async remove(key: string): Promise<void> {
    await ifPresent(unlink(this.#path(key)));
  }

  async removeFolder(folder: string): Promise<void> {
    await told(
      folder,
      rm(this.#path(folder), { recursive: true, force: true, maxRetries: 10, retryDelay: 20 }),
    );
  }

  /** A key is one or two plain names: no separator, no climbing, no hidden file. */
  #path(key: string): string {
    const parts = key.split('/');
    if (parts.length > 2 || !parts.every((part) => keyPart.test(part))) {
      throw new StorageError('invalid-key', `not a key of an output file: ${JSON.stringify(key)}`);
    }
    return join(this.#root, ...parts);
  }
}

const keyPart = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

function isTemporary(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}

class FileWriter implements ObjectWriter {
  readonly #handle: FileHandle;
  readonly #temporary: string;
  readonly #path: string;
  readonly #hash: Hash = createHash('sha256');
  #bytes = 0;
  #open = true;

  constructor(handle: FileHandle, temporary: string, path: string) {
    this.#handle = handle;
    this.#temporary = temporary;
    this.#path = path;
  }

  async write(block: Buffer): Promise<void> {
    // The write runs on the thread pool while the hash is computed here.
    const writing = told(this.#temporary, writeAll(this.#handle, block, this.#bytes));
    this.#hash.update(block);
    this.#bytes += block.length;
    await writing;
  }

  async commit(): Promise<WrittenObject> {
    await told(this.#path, this.#handle.datasync());
    await this.#close();
    await told(this.#path, rename(this.#temporary, this.#path));
    await told(this.#path, syncFolder(dirname(this.#path)));
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  async abort(): Promise<void> {
    await this.#close();
    await ifPresent(unlink(this.#temporary));
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
  }
}

/** A rename outlives a power cut only once its folder is synced. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, block: Buffer, position: number): Promise<void> {
  for (let done = 0; done < block.length;) {
    const { bytesWritten } = await handle.write(block, done, block.length - done, position + done);
    done += bytesWritten;
  }
}

/** The result, or a StorageError that says what is the matter with `what`. */
async function told<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toStorageError(what, error);
  }
}

/** The result, or `undefined` when there is no such file. */
async function ifPresent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const fault = toStorageError('file', error);
    if (fault.code === 'not-found') return undefined;
    throw fault;
  }
}

function toStorageError(what: string, cause: unknown): StorageError {
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new StorageError('not-found', `${what} is not there`, { cause });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StorageError('denied', `the file system refuses access to ${what}`, { cause });
    case 'ENOSPC':
    case 'EDQUOT':
      return new StorageError('full', `no space is left to write ${what}`, { cause });
    default:
      return new StorageError('unavailable', `${what}: ${message}`, { cause });
  }
}
