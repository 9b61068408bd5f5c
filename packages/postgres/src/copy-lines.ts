import { to as copyTo } from 'pg-copy-streams';
import type { Client, Pool } from './pool.ts';
import { cancelBackend } from './cancel-backend.ts';

/** What to do with the stream of a COPY. */
export interface CopyLinesOptions {
  readonly signal: AbortSignal;
  /** Takes a chunk of the binary stream; the socket is not read on until it has resolved. */
  readonly onChunk: (chunk: Buffer) => Promise<void> | void;
  /** Rows may come out of a sort (small results); otherwise only an ordered index read will do. */
  readonly allowSort: boolean;
}

/**
 * Streams `COPY (query) TO STDOUT (FORMAT binary)` from one connection of the pool, in a read-only
 * transaction of its own (so that it works behind a transaction pooler). Memory is bounded by a
 * chunk. On abort the statement is cancelled in Postgres and the connection is dropped.
 *
 * @returns how many rows Postgres says it sent
 */
export async function copyLines(pool: Pool, query: string, options: CopyLinesOptions): Promise<number> {
  const { signal } = options;
  signal.throwIfAborted();
  const client = await pool.connect();
  let failure: unknown;
  try {
    await client.query(
      `begin read only;
       set local jit = off; set local max_parallel_workers_per_gather = 0; set local work_mem = '64MB';
       ${options.allowSort ? '' : 'set local enable_sort = off; set local enable_seqscan = off;'}`,
    );
    const rows = await stream(client, query, options);
    await client.query('commit');
    return rows;
  } catch (error) {
    failure = error;
    if (signal.aborted) await cancelBackend(client).catch(() => undefined);
    throw error;
  } finally {
    // A connection whose COPY was left half-read is of no use to anyone else.
    client.release(failure !== undefined);
  }
}

async function stream(client: Client, query: string, options: CopyLinesOptions): Promise<number> {
  const { signal } = options;
  const copy = client.query(
    copyTo(`copy (${query}) to stdout (format binary)`, { highWaterMark: 1 << 18 }),
  );
  const onAbort = (): void => void copy.destroy(abortError(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const chunk of copy) {
      const pending = options.onChunk(chunk as Buffer);
      if (pending) await pending;
    }
    signal.throwIfAborted();
    return copy.rowCount;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function abortError(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}
