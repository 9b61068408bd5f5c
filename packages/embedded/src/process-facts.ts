import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { waitUntil } from './wait-until.ts';

const run = promisify(execFile);
const onLinux = process.platform === 'linux';

/** Whether a process with this id exists and is not merely waiting to be reaped. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (!onLinux) return true;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) [ZX] /.test(stat);
}

/**
 * Whether the process is a server that works in the folder: its name and its working folder must
 * match, so that a process that was given the id of a dead server is never taken for it.
 */
export async function isServerOf(pid: number, folder: string, name: RegExp): Promise<boolean> {
  if (!(await isAlive(pid))) return false;
  const command = await commandOf(pid);
  return name.test(command) && (await workingFolderOf(pid)) === folder;
}

/** Whether the process was started by a guard, whose supervisor therefore lives. */
export async function isGuarded(pid: number): Promise<boolean> {
  const parent = onLinux
    ? /\) \S (\d+) /.exec(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''))?.[1]
    : await psField(pid, 'ppid');
  return parent !== undefined && (await commandOf(Number(parent))).includes('guard.js');
}

/** Ends a process that is not our child: asks, waits, then kills. */
export async function endProcess(pid: number, signal: NodeJS.Signals): Promise<void> {
  sendSignal(pid, signal);
  if (await waitUntil(async () => !(await isAlive(pid)), 15_000)) return;
  sendSignal(pid, 'SIGKILL');
  if (await waitUntil(async () => !(await isAlive(pid)), 10_000)) return;
  throw new Error(`Process ${pid} does not end`);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function commandOf(pid: number): Promise<string> {
  if (!onLinux) return psField(pid, 'command');
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
}

async function workingFolderOf(pid: number): Promise<string> {
  if (onLinux) return readlink(`/proc/${pid}/cwd`).catch(() => '');
  const result = run('lsof', ['-a', '-p', `${pid}`, '-d', 'cwd', '-Fn']);
  const { stdout } = await result.catch(() => ({ stdout: '' }));
  return /^n(.*)$/m.exec(stdout)?.[1] ?? '';
}

async function psField(pid: number, field: string): Promise<string> {
  const { stdout } = await run('ps', ['-o', `${field}=`, '-p', `${pid}`]).catch(() => ({
    stdout: '',
  }));
  return stdout.trim();
}
