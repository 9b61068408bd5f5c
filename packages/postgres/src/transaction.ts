import { setTimeout as wait } from 'node:timers/promises';
import { isConnectionFault } from './database-fault.ts';
import type { Client, Pool } from './pool.ts';
import { sqlState } from './sql-state.ts';

/** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
export async function withTransaction<T>(
  pool: Pool,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    // What does not answer would not answer to this either.
    if (isConnectionFault(error)) broken = error as Error;
    else await client.query('rollback').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** SQLSTATEs of what lost against a concurrent transaction, and changed nothing: serialization failure, deadlock. */
const conflicts = ['40001', '40P01'];

/**
 * Runs a statement or a transaction again, up to `attempts` times and with a little jitter, when it lost against a
 * concurrent one. Locks are taken in one order (the export, then its parts by number), so this is for what
 * nobody thought of.
 *
 * @param work a whole transaction: what runs inside one of the caller's cannot be run again
 */
export async function retryConflicts<T>(
  work: () => Promise<T>,
  { attempts = 10, states = conflicts }: { attempts?: number; states?: readonly string[] } = {},
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || !states.includes(sqlState(error))) throw error;
      await wait(Math.random() * Math.min(10 * 2 ** attempt, 500));
    }
  }
}

/**
 * Like withTransaction, and begun again (up to `attempts` times) when it lost against a concurrent
 * writer: serialization failure, deadlock, or the same new id stored first.
 */
export async function withRetriedTransaction<T>(
  pool: Pool,
  work: (client: Client) => Promise<T>,
  attempts = 20,
): Promise<T> {
  const states = [...conflicts, '23505'];
  return await retryConflicts(() => withTransaction(pool, work), { attempts, states });
}
