import type { OutputFile } from '@sluice/export';
import type { GzipPool } from '@sluice/gzip';
import type { LineBlock } from '@sluice/postgres';
import type { ObjectWriter, OutputStore } from '@sluice/storage';

/** What a part writer needs to know of its part. */
export interface PartWriterOptions {
  readonly store: OutputStore;
  readonly folder: string;
  readonly part: number;
  readonly kind: OutputFile['kind'];
  /** Type of the lines, first word of the file names. */
  readonly type: string;
  /** Compresses the files; absent: they are plain. */
  readonly gzip: GzipPool | undefined;
}

/**
 * The files of one part, written block by block in order. With gzip each block is a member of its
 * own, compressed on a thread; members in a row are one valid gzip file. A file becomes
 * visible with its last block.
 */
export class PartWriter {
  /** Files that are whole. */
  readonly files: OutputFile[] = [];
  /** Resources and bytes handed to the store so far. */
  resources = 0;
  bytes = 0;
  readonly #options: PartWriterOptions;
  #writer: ObjectWriter | undefined;
  #count = 0;

  constructor(options: PartWriterOptions) {
    this.#options = options;
  }

  /** Writes one block; it is the store's no more when the promise has resolved. */
  async write(block: LineBlock): Promise<void> {
    this.#writer ??= await this.#open();
    if (block.bytes.length > 0) {
      const { gzip } = this.#options;
      const bytes = gzip ? await gzip.compress(block.bytes) : block.bytes;
      await this.#writer.write(bytes);
      this.bytes += bytes.length;
    }
    this.#count += block.lines;
    this.resources += block.lines;
    if (block.endsFile) await this.#commit(this.#writer);
  }

  /** Leaves nothing of the file that is being written. Nothing may be written afterwards. */
  async abort(): Promise<void> {
    await this.#writer?.abort();
    this.#writer = undefined;
  }

  async #open(): Promise<ObjectWriter> {
    const contentType = this.#options.gzip ? 'application/gzip' : 'application/fhir+ndjson';
    return await this.#options.store.write(`${this.#options.folder}/${this.#name()}`, contentType);
  }

  async #commit(writer: ObjectWriter): Promise<void> {
    const { bytes, sha256 } = await writer.commit();
    const { kind, type } = this.#options;
    this.files.push({ kind, type, name: this.#name(), count: this.#count, bytes, sha256 });
    this.#writer = undefined;
    this.#count = 0;
  }

  #name(): string {
    const { type, part, gzip } = this.#options;
    return `${type}-${part}-${this.files.length + 1}.ndjson${gzip ? '.gz' : ''}`;
  }
}
