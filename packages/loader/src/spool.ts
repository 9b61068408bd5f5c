import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readNdjson } from '@sluice/fhir';

/** A text set aside, which has no line feed in it, and where it comes from. */
export interface SpooledText<Origin> {
  readonly origin: Origin;
  readonly bytes: Buffer;
}

const blockBytes = 256 * 1024;

/** Sets texts aside in a temporary file that only its owner can read, in order; `Origin` has to be JSON. */
export class Spool<Origin> {
  #folder: string | undefined;
  #file: FileHandle | undefined;
  #pieces: Buffer[] = [];
  #length = 0;
  #count = 0;

  /** How many texts are in it. */
  get count(): number {
    return this.#count;
  }

  async add({ origin, bytes }: SpooledText<Origin>): Promise<void> {
    this.#count += 1;
    this.#pieces.push(Buffer.from(`${JSON.stringify(origin)}\n`), Buffer.from(bytes), newline);
    this.#length += bytes.length;
    if (this.#length >= blockBytes) await this.#flush();
  }

  /** Reads them in order; nothing may be added meanwhile. */
  async *read(): AsyncGenerator<SpooledText<Origin>, void, undefined> {
    await this.#flush();
    if (this.#folder === undefined) return;
    let origin: Origin | undefined;
    for await (const line of readNdjson(createReadStream(this.#path(this.#folder)), unlimited)) {
      if ('problem' in line) throw new Error('a temporary file has been changed');
      if (origin === undefined) origin = JSON.parse(line.bytes.toString()) as Origin;
      else {
        yield { origin, bytes: line.bytes };
        origin = undefined;
      }
    }
  }

  /** Removes the file. */
  async dispose(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  async #flush(): Promise<void> {
    if (this.#length === 0) return;
    this.#folder ??= await mkdtemp(join(tmpdir(), 'sluice-load-'));
    this.#file ??= await open(this.#path(this.#folder), 'a', 0o600);
    const block = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#length = 0;
    await this.#file.appendFile(block);
  }

  #path(folder: string): string {
    return join(folder, 'held.ndjson');
  }
}

const newline = Buffer.from('\n');
const unlimited = { maxLineBytes: 2 ** 30 };
