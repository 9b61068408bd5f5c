import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { OutputFile } from '@sluice/export';
import { CopyFramer, type FileLimits, type LineBlock } from '@sluice/postgres';
import type { ObjectWriter, OutputStore } from '@sluice/storage';

const gzipBlock = promisify(gzip);
const blockBytes = 1 << 20;

/** What a part writer needs to know of its part. */
export interface PartWriterOptions {
  readonly store: OutputStore;
  readonly folder: string;
  readonly part: number;
  readonly kind: OutputFile['kind'];
  /** Type of the lines, first word of the file names. */
  readonly type: string;
  readonly gzip: boolean;
  readonly limits: FileLimits;
}

/**
 * From the bytes of a COPY to the files of a part: frames rows into blocks of 1 MB, compresses each
 * as a gzip member of its own on the thread pool (members in a row are one valid gzip file), and
 * hands them to the store in order. At most two blocks are under way: while one is written the next
 * is filled; when both are, `push` waits, and the socket of the database with it.
 */
export class PartWriter {
  readonly files: OutputFile[] = [];
  readonly #options: PartWriterOptions;
  readonly #framer: CopyFramer;
  readonly #spare: Buffer[] = [];
  #writer: ObjectWriter | undefined;
  #count = 0;
  #writing: Promise<void> = Promise.resolve();
  #bytes = 0;

  constructor(options: PartWriterOptions) {
    this.#options = options;
    this.#framer = new CopyFramer(options.limits, blockBytes, () => this.#takeBuffer());
  }

  /** Resources read so far. */
  get resources(): number {
    return this.#framer.rows;
  }

  /** Bytes handed to the store so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a chunk of the COPY; the promise, if there is one, is to be awaited before the next. */
  push(chunk: Buffer): Promise<void> | undefined {
    const blocks = this.#framer.push(chunk);
    return blocks.length === 0 ? undefined : this.#takeBlocks(blocks);
  }

  /** Writes the rest and makes the last file visible. */
  async end(): Promise<void> {
    const last = this.#framer.end();
    if (last) await this.#takeBlocks([last]);
    await this.#writing;
  }

  /** Leaves nothing of the file that is being written. */
  async abort(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#writer?.abort();
    this.#writer = undefined;
  }

  async #takeBlocks(blocks: readonly LineBlock[]): Promise<void> {
    for (const block of blocks) {
      await this.#writing;
      this.#writing = this.#write(block);
      // Awaited with the next block or at the end; until then a rejection has an owner.
      this.#writing.catch(() => undefined);
    }
  }

  async #write(block: LineBlock): Promise<void> {
    this.#writer ??= await this.#open();
    if (block.bytes.length > 0) {
      const bytes = this.#options.gzip ? await gzipBlock(block.bytes, { level: 1 }) : block.bytes;
      await this.#writer.write(bytes);
      this.#bytes += bytes.length;
    }
    this.#count += block.lines;
    this.#giveBuffer(block.bytes);
    if (block.endsFile) await this.#commit(this.#writer);
  }

  async #open(): Promise<ObjectWriter> {
    const { store, folder } = this.#options;
    const contentType = this.#options.gzip ? 'application/gzip' : 'application/fhir+ndjson';
    return await store.write(`${folder}/${this.#name()}`, contentType);
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

  #takeBuffer(): Buffer {
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
  }

  #giveBuffer(bytes: Buffer): void {
    this.#spare.push(Buffer.from(bytes.buffer, bytes.byteOffset, blockBytes));
  }
}
