import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Writable } from 'node:stream';

/** Text is handed to a file once so much of it has come together. */
const blockLength = 256 * 1024;

interface TypeFile {
  text: string;
  lines: number;
  bytes: number;
  readonly stream: Writable;
  readonly done: Promise<unknown>;
}

/** What a type's file holds; bytes before compression. */
export interface Written {
  readonly lines: number;
  readonly bytes: number;
}

/** Writes lines to `<Type>.ndjson` files in one folder, made as types come up. Await `drain` now and then. */
export class FolderWriter {
  readonly #folder: string;
  readonly #gzip: boolean;
  readonly #files = new Map<string, TypeFile>();
  #full: Writable[] = [];

  private constructor(folder: string, gzip: boolean) {
    this.#folder = folder;
    this.#gzip = gzip;
  }

  static async create(folder: string, options: { gzip: boolean }): Promise<FolderWriter> {
    await mkdir(folder, { recursive: true });
    return new FolderWriter(folder, options.gzip);
  }

  /** Takes a line, or the end of one. */
  write(type: string, line: string): void {
    const file = this.#file(type);
    file.lines += 1;
    this.#append(file, `${line}\n`);
  }

  /** Takes a piece of a line that goes on. */
  writePiece(type: string, piece: string): void {
    this.#append(this.#file(type), piece);
  }

  /** Resolves when the files have room again. */
  async drain(): Promise<void> {
    const waiting = this.#full;
    if (waiting.length === 0) return;
    this.#full = [];
    for (const stream of waiting) {
      if (stream.writableNeedDrain) await once(stream, 'drain');
    }
  }

  /** Ends all files; answers what each type's holds. */
  async close(): Promise<Map<string, Written>> {
    for (const file of this.#files.values()) {
      this.#flush(file);
      file.stream.end();
    }
    await Promise.all([...this.#files.values()].map((file) => file.done));
    return new Map(
      [...this.#files]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([type, { lines, bytes }]) => [type, { lines, bytes }]),
    );
  }

  #file(type: string): TypeFile {
    const known = this.#files.get(type);
    if (known !== undefined) return known;
    const path = join(this.#folder, `${type}.ndjson${this.#gzip ? '.gz' : ''}`);
    const disk = createWriteStream(path, { highWaterMark: 4 * blockLength });
    const gzip = this.#gzip ? createGzip() : undefined;
    const stream = gzip ?? disk;
    const done = gzip === undefined ? finished(disk) : pipeline(gzip, disk);
    // It is awaited at the end; until then a fault must not end the process unseen.
    done.catch(() => undefined);
    const file = { text: '', lines: 0, bytes: 0, stream, done };
    this.#files.set(type, file);
    return file;
  }

  #append(file: TypeFile, text: string): void {
    file.text += text;
    if (file.text.length >= blockLength) this.#flush(file);
  }

  #flush(file: TypeFile): void {
    const block = Buffer.from(file.text);
    file.text = '';
    file.bytes += block.length;
    if (!file.stream.write(block)) this.#full.push(file.stream);
  }
}
