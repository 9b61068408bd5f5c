import type { OutputFile, OutputKind } from '@sluice/export';
import type { GzipPool } from '@sluice/gzip';
import type { LineBlock } from '@sluice/postgres';
import type { ObjectWriter, OutputStore } from '@sluice/storage';

/** What a part writer needs to know of its part. */
export interface PartWriterOptions {
  readonly store: OutputStore;
  readonly folder: string;
  readonly part: number;
  /** Attempt number of the part: its files give way to those of a later one. */
  readonly attempt: number;
  readonly kind: OutputFile['kind'];
  /** Type of the lines, first word of the file names. */
  readonly type: string;
  /** Compresses the files; absent: they are plain. */
  readonly gzip: GzipPool | undefined;
  /** Told of every block that was handed to the store. */
  readonly onWritten?: (resources: number, bytes: number) => void;
}

/** Files of one kind that follow each other, and the one that is being written. */
interface Sequence {
  readonly kind: OutputKind;
  readonly type: string;
  open: { readonly name: string; readonly writer: ObjectWriter; count: number } | undefined;
}

/**
 * The files of one part, written block by block in order, and those that tell of lines that could not be written. With gzip each
 * block is a member of its own, compressed on a thread; members in a row are one valid gzip file. A file becomes
 * visible with its last block, which may be empty.
 */
export class PartWriter {
  /** Files that are whole. */
  readonly files: OutputFile[] = [];
  /** Resources handed to the store so far; faults are none. */
  resources = 0;
  /** Bytes handed to the store so far. */
  bytes = 0;
  readonly #options: PartWriterOptions;
  readonly #lines: Sequence;
  readonly #faults: Sequence = { kind: 'error', type: 'OperationOutcome', open: undefined };
  /** Files begun, by the first word of their names. */
  readonly #begun = new Map<string, number>();
  #writing: Promise<unknown> = Promise.resolve();
  #isAborted = false;

  constructor(options: PartWriterOptions) {
    this.#options = options;
    this.#lines = { kind: options.kind, type: options.type, open: undefined };
  }

  /** Writes one block; it is the store's no more when the promise has resolved. One is written at a time. */
  async write(block: LineBlock): Promise<void> {
    await this.#write(this.#lines, block);
    this.resources += block.lines;
  }

  /** Writes one block of OperationOutcomes, about lines of this part, in the same way into `error` files. */
  async writeFaults(block: LineBlock): Promise<void> {
    await this.#write(this.#faults, block);
  }

  /** Leaves nothing of the files that are being written. What is to be written afterwards is refused. */
  async abort(): Promise<void> {
    this.#isAborted = true;
    await this.#writing;
    for (const sequence of [this.#lines, this.#faults]) {
      await sequence.open?.writer.abort();
      sequence.open = undefined;
    }
  }

  async #write(sequence: Sequence, block: LineBlock): Promise<void> {
    if (this.#isAborted) throw new Error('the part was aborted');
    const written = this.#put(sequence, block);
    this.#writing = written.catch(() => undefined);
    await written;
  }

  async #put(sequence: Sequence, { bytes, lines, endsFile }: LineBlock): Promise<void> {
    if (bytes.length > 0) {
      sequence.open ??= await this.#open(sequence);
      const { gzip } = this.#options;
      const stored = gzip ? await gzip.compress(bytes) : bytes;
      await sequence.open.writer.write(stored);
      sequence.open.count += lines;
      this.bytes += stored.length;
      this.#options.onWritten?.(sequence === this.#lines ? lines : 0, stored.length);
    }
    if (endsFile && sequence.open) {
      const { name, writer, count } = sequence.open;
      const { kind, type } = sequence;
      const { bytes: size, sha256 } = await writer.commit();
      this.files.push({ kind, type, name, count, bytes: size, sha256 });
      sequence.open = undefined;
    }
  }

  async #open({ type }: Sequence): Promise<NonNullable<Sequence['open']>> {
    const { folder, part, attempt, gzip, store } = this.#options;
    const number = (this.#begun.get(type) ?? 0) + 1;
    this.#begun.set(type, number);
    const name = `${type}-${part}-${number}.ndjson${gzip ? '.gz' : ''}`;
    const contentType = gzip ? 'application/gzip' : 'application/fhir+ndjson';
    const writer = await store.write(`${folder}/${name}`, { contentType, attempt });
    return { name, writer, count: 0 };
  }
}
