import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess, isAlive, isGuarded, isServerOf } from './process-facts.ts';
import { waitUntil } from './wait-until.ts';

/** What a running server writes into its folder. */
export interface PostmasterFile {
  readonly pid: number;
  readonly isReady: boolean;
}

/** Reads postmaster.pid: line 1 is the process, line 8 its state. */
export async function readPostmasterFile(folder: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, isReady: lines[7]?.trim() === 'ready' } : undefined;
}

/**
 * Ends a server that was left behind in this folder. One whose guard lives is about to be ended by
 * it, or belongs to a supervisor that lives: then nothing is touched and an error thrown.
 */
export async function endOrphan(folder: string): Promise<void> {
  const found = await readPostmasterFile(folder);
  if (found === undefined) return;
  const { pid } = found;
  if (!(await isServerOf(pid, folder, /postgres/))) {
    // Another program was given the id since; Postgres would take it for its own. A dead one it
    // handles itself, and better: it also looks for backends that outlived their parent.
    if (await isAlive(pid)) await rm(join(folder, 'postmaster.pid'), { force: true });
    return;
  }
  if (!(await isGuarded(pid))) {
    await endProcess(pid, 'SIGINT');
    return;
  }
  const ended = await waitUntil(async () => !(await isAlive(pid)), 20_000);
  if (!ended) throw new Error(`The database in ${folder} is in use by process ${pid}`);
}
