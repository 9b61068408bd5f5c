import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findLockHolder, type LockHolder } from './data-dir-lock.ts';

const fileName = 'state.json';

/** Where the servers of a data directory are while a stack runs on it. The URLs hold passwords. */
export interface StackState extends LockHolder {
  readonly databaseUrl: string;
  readonly redisUrl?: string;
}

/** Says where the servers are, for other commands on the same data directory. */
export async function writeState(dataDir: string, state: StackState): Promise<void> {
  const file = join(dataDir, fileName);
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/**
 * Finds the stack that runs on a data directory now; what a killed one left behind does not count,
 * nor does one that is not ready yet.
 */
export async function findRunning(dataDir: string): Promise<StackState | undefined> {
  const holder = await findLockHolder(dataDir);
  if (!holder) return undefined;
  const text = await readFile(join(dataDir, fileName), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  const state = text === undefined ? undefined : (JSON.parse(text) as StackState);
  return state?.pid === holder.pid ? state : undefined;
}

/** Takes the file away when the servers stop. */
export async function removeState(dataDir: string): Promise<void> {
  await rm(join(dataDir, fileName), { force: true });
}
