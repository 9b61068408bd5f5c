import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { alignment, isAligned, type BufferPool } from '@sluice/runtime';
import { ifPresent, told, toStorageError } from './file-faults.ts';
import type { ObjectWriter, WrittenObject } from '../output-store.ts';

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

/** Where a file is written. */
export interface FileWriterOptions {
  readonly temporary: string;
  readonly path: string;
  readonly key: string;
  /** Aligned memory for what does not come aligned. */
  readonly pool: BufferPool;
}

/**
 * Writes one file under its temporary name, past the page cache where the file system allows it
 * (O_DIRECT): an export is written once and read much later, and copying it through the cache costs
 * more CPU than anything else on its way. Direct I/O wants aligned memory and lengths: aligned blocks
 * go out as they are, others by way of an aligned buffer; the last piece is padded, then cut off.
 */
export class FileWriter implements ObjectWriter {
  readonly #handle: FileHandle;
  readonly #direct: boolean;
  readonly #temporary: string;
  readonly #path: string;
  /** What faults name. */
  readonly #key: string;
  readonly #pool: BufferPool;
  readonly #hash: Hash = createHash('sha256');
  /** Bytes taken, and of these the bytes that wait in `staging` for a whole piece. */
  #bytes = 0;
  #staged = 0;
  #staging: Buffer | undefined;
  #open = true;

  private constructor(
    handle: FileHandle,
    direct: boolean,
    { temporary, path, key, pool }: FileWriterOptions,
  ) {
    this.#handle = handle;
    this.#direct = direct;
    this.#temporary = temporary;
    this.#path = path;
    this.#key = key;
    this.#pool = pool;
  }

  static async open(options: FileWriterOptions): Promise<FileWriter> {
    const { temporary, key } = options;
    const directFlag = constants.O_DIRECT as number | undefined;
    if (directFlag !== undefined) {
      try {
        const handle = await open(temporary, newFile | directFlag, 0o640);
        return new FileWriter(handle, true, options);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw toStorageError(key, error);
        // The file system has no direct I/O; it may have made the file all the same.
        await ifPresent(unlink(temporary));
      }
    }
    const handle = await told(key, open(temporary, newFile, 0o640));
    return new FileWriter(handle, false, options);
  }

  async write(block: Buffer): Promise<void> {
    // The write runs on the thread pool while the hash is computed here.
    const writing = told(this.#key, this.#take(block));
    this.#hash.update(block);
    await writing;
  }

  async commit(): Promise<WrittenObject> {
    await told(this.#key, this.#flush());
    await told(this.#key, this.#handle.datasync());
    await told(this.#key, this.#close());
    await told(this.#key, rename(this.#temporary, this.#path));
    await told(this.#key, syncFolder(dirname(this.#path)));
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  async abort(): Promise<void> {
    // A file of which the end cannot be written cannot always be closed either; it is removed all the same.
    await this.#close().catch(() => undefined);
    await ifPresent(unlink(this.#temporary));
  }

  async #take(block: Buffer): Promise<void> {
    const position = this.#bytes - this.#staged;
    this.#bytes += block.length;
    const asItIs = !this.#direct || (isAligned(block) && block.length % alignment === 0);
    if (this.#staged === 0 && asItIs) await writeAll(this.#handle, block, position);
    else await this.#stage(block, position);
  }

  async #stage(block: Buffer, position: number): Promise<void> {
    const staging = (this.#staging ??= this.#pool.take());
    for (let at = 0; at < block.length;) {
      const copied = block.copy(staging, this.#staged, at);
      this.#staged += copied;
      at += copied;
      if (this.#staged < staging.length) continue;
      await writeAll(this.#handle, staging, position);
      position += staging.length;
      this.#staged = 0;
    }
  }

  async #flush(): Promise<void> {
    if (!this.#staging || this.#staged === 0) return;
    const padded = Math.ceil(this.#staged / alignment) * alignment;
    const piece = this.#staging.subarray(0, padded).fill(0, this.#staged);
    await writeAll(this.#handle, piece, this.#bytes - this.#staged);
    await this.#handle.truncate(this.#bytes);
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    try {
      await this.#handle.close();
    } finally {
      if (this.#staging) this.#pool.give(this.#staging);
    }
  }
}

async function writeAll(handle: FileHandle, block: Buffer, position: number): Promise<void> {
  for (let done = 0; done < block.length;) {
    const { bytesWritten } = await handle.write(block, done, block.length - done, position + done);
    done += bytesWritten;
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
