import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { describeError } from '../cli-error.ts';

/** What a manifest says of a file; what it does not say is not checked. */
export interface Expected {
  /** Lines, after unpacking. */
  readonly count?: number | undefined;
  /** Stored bytes and their SHA-256. */
  readonly size?: number | undefined;
  readonly sha256?: string | undefined;
  readonly gzip: boolean;
}

const newline = 0x0a;

/** Reads a file back from disk and compares; answers what is wrong, or `undefined`. */
export async function checkFile(path: string, expected: Expected): Promise<string | undefined> {
  const hash = createHash('sha256');
  const lines = new LineCounter();
  let size = 0;
  const source = createReadStream(path, { highWaterMark: 256 * 1024 });
  source.on('data', (block: string | Buffer) => {
    size += block.length;
    hash.update(block);
  });
  try {
    if (expected.gzip) await pipeline(source, createGunzip(), lines);
    else await pipeline(source, lines);
  } catch (error) {
    return `it cannot be read (${describeError(error)})`;
  }
  if (expected.size !== undefined && size !== expected.size) {
    return `it has ${size} bytes; the manifest says ${expected.size}`;
  }
  if (expected.sha256 !== undefined && hash.digest('hex') !== expected.sha256) {
    return 'its SHA-256 is not the one in the manifest';
  }
  if (expected.count !== undefined && lines.count !== expected.count) {
    return `it has ${lines.count} lines; the manifest says ${expected.count}`;
  }
  return undefined;
}

/** Counts lines; a last one without its end counts too. */
class LineCounter extends Writable {
  #ends = 0;
  #open = false;

  get count(): number {
    return this.#ends + (this.#open ? 1 : 0);
  }

  override _write(block: Buffer, _encoding: string, done: () => void): void {
    for (let at = block.indexOf(newline); at !== -1; at = block.indexOf(newline, at + 1)) {
      this.#ends += 1;
    }
    if (block.length > 0) this.#open = block[block.length - 1] !== newline;
    done();
  }
}
