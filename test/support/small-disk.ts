import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small file system, in memory. */
export interface SmallDisk {
  readonly path: string;
  /** Makes it read-only, or writable again. */
  setReadOnly(isReadOnly: boolean): void;
  /** Takes it away; whoever has a file of it open keeps that. */
  unmount(): void;
}

/** Mounts a file system with room for so many bytes, and for so many files where that is given. */
export function mountSmallDisk(bytes: number, files?: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'sluice-disk-'));
  const room = files === undefined ? `size=${bytes}` : `size=${bytes},nr_inodes=${files}`;
  run('mount', '-t', 'tmpfs', '-o', room, 'tmpfs', path);
  return {
    path,
    setReadOnly: (isReadOnly) => run('mount', '-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, path),
    unmount: () => {
      run('umount', '--lazy', path);
      rmdirSync(path);
    },
  };
}

/** Declares the tests that need such a disk. Where this user may not mount, one line and the only test say so. */
export function withSmallDisk(declareTests: () => void): void {
  if (canMount()) return declareTests();
  const note = 'left out: disks that are full or read-only; only who may mount has them';
  process.stderr.write(`${note}\n`);
  // Jest takes a file without a test for a mistake.
  test(note, () => undefined);
}

function canMount(): boolean {
  try {
    mountSmallDisk(1 << 20).unmount();
    return true;
  } catch {
    return false;
  }
}

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: 'pipe' });
}
