import type { BufferPool } from '@sluice/runtime';
import { cancelBackend } from './cancel-backend.ts';
import { CopyBlocks, type FileLimits, type LineBlock } from './copy-blocks.ts';
import { CopyOut } from './copy-out.ts';
import type { PartRead } from './part-query.ts';
import type { Client, Pool } from './pool.ts';

/** What to do with the lines of a COPY. */
export interface CopyLinesOptions {
  readonly signal: AbortSignal;
  readonly limits: FileLimits;
  /** Memory for the blocks, made by `blockPool`; it says how large they are. */
  readonly pool: BufferPool;
  /** Writes a block; one is written at a time, in order, while the next ones are read. */
  readonly write: (block: LineBlock) => Promise<void>;
}

/** Blocks that may wait to be written before the socket is no longer read. */
const blocksInFlight = 2;

/**
 * Streams `COPY (query) TO STDOUT (FORMAT binary)` from one connection of the pool as blocks of
 * NDJSON, in a read-only transaction of its own (so that it works behind a transaction pooler).
 * Memory is bounded by the blocks in flight. On abort, and when a write fails, the statement is
 * cancelled in Postgres and the connection is dropped.
 *
 * @returns how many rows Postgres says it sent; all of them are written
 */
export async function copyLines(
  pool: Pool,
  read: PartRead,
  options: CopyLinesOptions,
): Promise<number> {
  options.signal.throwIfAborted();
  const client = await pool.connect();
  let failed = true;
  try {
    // It may have come while we waited for the connection.
    options.signal.throwIfAborted();
    const rows = await stream(client, copyStatements(read), options);
    failed = false;
    return rows;
  } finally {
    if (failed) await cancelBackend(client).catch(() => undefined);
    // A connection whose COPY was left half-read is of no use to anyone else.
    client.release(failed);
  }
}

/** All that a part asks of Postgres, in one round trip. */
function copyStatements({ settings, query }: PartRead): string {
  return `begin read only; ${settings} copy (${query}) to stdout (format binary); commit`;
}

async function stream(client: Client, text: string, options: CopyLinesOptions): Promise<number> {
  const { signal, limits, pool, write } = options;
  return await new Promise<number>((resolve, reject) => {
    let waiting = 0;
    let writing: Promise<void> = Promise.resolve();
    let failed = false;
    const fail = (cause: unknown): void => {
      failed = true;
      signal.removeEventListener('abort', onAbort);
      const error = cause instanceof Error ? cause : new Error(String(cause));
      // The block that is being written is let through; the ones behind it are dropped.
      void writing.catch(() => undefined).then(() => reject(error));
    };
    const onAbort = (): void => fail(signal.reason);
    const blocks = new CopyBlocks(limits, pool, (block) => {
      waiting += 1;
      writing = writing.then(async () => {
        if (failed) return;
        await write(block);
        pool.give(block.bytes);
        waiting -= 1;
        if (waiting < blocksInFlight) copy.resume();
      });
      writing.catch(fail);
    });
    const copy = new CopyOut(text, blocks, {
      wantsMore: () => waiting < blocksInFlight,
      onEnd: (rows) => {
        try {
          blocks.finish();
        } catch (error) {
          fail(error);
          return;
        }
        void writing.then(() => {
          signal.removeEventListener('abort', onAbort);
          resolve(rows);
        }, fail);
      },
      onError: fail,
    });
    signal.addEventListener('abort', onAbort, { once: true });
    client.query(copy);
  });
}
