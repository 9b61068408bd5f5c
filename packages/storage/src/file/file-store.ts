import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { BufferPool } from '@sluice/runtime';
import { createFile } from './create-file.ts';
import { ifPresent, told } from './file-faults.ts';
import { FileWriter } from './file-writer.ts';
import { makeFolder } from './make-folder.ts';
import { isKeyPart, keyParts } from '../object-key.ts';
import type {
  ByteRange,
  ObjectWriter,
  OutputStore,
  StoredObject,
  WriteOptions,
} from '../output-store.ts';

/**
 * Output files in a folder of this machine, or of a volume that API and workers share.
 *
 *   <root>/<folder>/<name>                           a whole file
 *   <root>/<folder>/.<name>.<attempt>.<uuid>.tmp     one being written
 *
 * A file is written under its temporary name, synced, then renamed: it is visible whole or not at all.
 * Who begins a file removes what earlier attempts have begun of it, so their renames fail. Writers never
 * make a folder, so what a late writer does after the folder was removed fails.
 */
export class FileStore implements OutputStore {
  readonly #root: string;
  readonly #staging = new BufferPool(1 << 20, 16);

  constructor(root: string) {
    this.#root = resolve(root);
  }

  async createFolder(folder: string): Promise<void> {
    await told(folder, makeFolder(this.#path(folder)));
  }

  async write(key: string, { attempt }: WriteOptions): Promise<ObjectWriter> {
    const path = this.#path(key);
    const begin = `.${basename(path)}.`;
    const temporary = join(dirname(path), `${begin}${attempt}.${randomUUID()}.tmp`);
    const writer = await FileWriter.open({ temporary, path, key, pool: this.#staging });
    if (attempt > 1) await this.#removeTemporaries(dirname(path), isEarlier(begin, attempt));
    return writer;
  }

  async create(key: string, content: Buffer): Promise<boolean> {
    const path = this.#path(key);
    await told(key, makeFolder(dirname(path)));
    return await told(key, createFile(path, content));
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
    return entries.filter((e) => e.isDirectory() && isKeyPart(e.name)).map((e) => e.name);
  }

  async removeUnfinished(folder: string): Promise<void> {
    await this.#removeTemporaries(this.#path(folder), isTemporary);
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

  async #removeTemporaries(folder: string, isMeant: (name: string) => boolean): Promise<void> {
    const names = (await ifPresent(readdir(folder))) ?? [];
    for (const name of names.filter(isMeant)) await ifPresent(unlink(join(folder, name)));
  }

  #path(key: string): string {
    return join(this.#root, ...keyParts(key));
  }
}

/** Tells the temporary files of one key that attempts before this one have begun. */
function isEarlier(begin: string, attempt: number): (name: string) => boolean {
  return (name) =>
    isTemporary(name) && name.startsWith(begin) && parseInt(name.slice(begin.length), 10) < attempt;
}

function isTemporary(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}
