import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from './wait-for.ts';

/** A memory cgroup of a test's own, with the limit that a pod has. Version 1 and 2 are understood. */
export interface MemoryCgroup {
  /** What goes before a command so that its process, with the same pid and streams, runs in the group. */
  readonly launcher: readonly [string, ...string[]];
  /** The most memory the group has ever used, in bytes, what the kernel keeps for its sockets and files included. */
  peakBytes(): Promise<number>;
  /** How often the kernel has killed a process of the group for want of memory. */
  countKills(): Promise<number>;
  /** Removes the group once its processes have ended. */
  remove(): Promise<void>;
}

interface Hierarchy {
  readonly folder: string;
  readonly limit: string;
  /** In version 2 from Linux 5.19 on. */
  readonly peak: string;
  readonly kills: string;
  /** Set to 0: nothing is swapped out, as in a pod. Absent where the kernel does not count swap. */
  readonly swap?: string;
}

const versionOne: Hierarchy = {
  folder: '/sys/fs/cgroup/memory',
  limit: 'memory.limit_in_bytes',
  peak: 'memory.max_usage_in_bytes',
  kills: 'memory.oom_control',
};

const versionTwo: Hierarchy = {
  folder: '/sys/fs/cgroup',
  limit: 'memory.max',
  peak: 'memory.peak',
  kills: 'memory.events',
  swap: 'memory.swap.max',
};

/**
 * Makes a memory cgroup, which takes root and a writable `/sys/fs/cgroup`.
 *
 * @returns `undefined` where none can be made
 */
export function createMemoryCgroup(limitBytes: number): MemoryCgroup | undefined {
  const hierarchy = hierarchyHere();
  const folder = join(hierarchy.folder, `sluice-test-${randomBytes(6).toString('hex')}`);
  const fileOf = (name: string): string => join(folder, name);
  if (!makeGroup(folder, fileOf(hierarchy.limit), limitBytes)) return undefined;
  if (hierarchy.swap !== undefined && existsSync(fileOf(hierarchy.swap))) {
    writeFileSync(fileOf(hierarchy.swap), '0');
  }
  return {
    launcher: ['sh', '-c', 'echo $$ > "$0" && exec "$@"', fileOf('cgroup.procs')],
    peakBytes: async () => Number(await readFile(fileOf(hierarchy.peak), 'utf8')),
    countKills: async () => {
      const text = await readFile(fileOf(hierarchy.kills), 'utf8');
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1]);
    },
    remove: async () => {
      const isEmpty = async (): Promise<boolean> =>
        (await readFile(fileOf('cgroup.procs'), 'utf8')) === '';
      await waitFor(isEmpty, { what: 'the processes of the cgroup have ended' });
      await rmdir(folder);
    },
  };
}

function makeGroup(folder: string, limitFile: string, limitBytes: number): boolean {
  try {
    mkdirSync(folder);
  } catch {
    return false;
  }
  try {
    writeFileSync(limitFile, String(limitBytes));
    return true;
  } catch {
    rmdirSync(folder);
    return false;
  }
}

/**
 * Declares the tests that need memory cgroups, at the top of a test file. Where none can be made they are left out, which
 * one line and the only test of this name say; with SLUICE_ALL_SERVERS=true, as in CI, that is a failure.
 */
export function withMemoryCgroups(declareTests: () => void): void {
  if (canMakeGroups()) return declareTests();
  const note = 'left out: memory cgroups; they take root and a writable /sys/fs/cgroup';
  if (process.env['SLUICE_ALL_SERVERS'] === 'true') throw new Error(note);
  process.stderr.write(`${note}\n`);
  test(note, () => undefined);
}

function canMakeGroups(): boolean {
  const { folder, limit } = hierarchyHere();
  const tried = join(folder, `sluice-test-${randomBytes(6).toString('hex')}`);
  if (!makeGroup(tried, join(tried, limit), 64 * 1024 * 1024)) return false;
  rmdirSync(tried);
  return true;
}

function hierarchyHere(): Hierarchy {
  return existsSync(join(versionOne.folder, versionOne.limit)) ? versionOne : versionTwo;
}
