import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { BufferPool } from '@sluice/runtime';
import { StorageError } from './errors.ts';
import { ifPresent, told } from './file-faults.ts';
import { FileWriter } from './file-writer.ts';
import type { ByteRange, ObjectWriter, OutputStore, StoredObject } from './output-store.ts';

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
  readonly #staging = new BufferPool(1 << 20, 16);

  constructor(root: string) {
    this.#root = resolve(root);
  }

  async createFolder(folder: string): Promise<void> {
    await told(folder, mkdir(this.#path(folder), { recursive: true }));
  }

  async write(key: string): Promise<ObjectWriter> {
    const path = this.#path(key);
    const temporary = join(dirname(path), `.${key.split('/')[1] ?? ''}.${randomUUID()}.tmp`);
    return await FileWriter.open(temporary, path, this.#staging);
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
