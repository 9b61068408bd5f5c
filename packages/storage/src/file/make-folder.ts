import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it; harmless where it is one already. In place of `mkdir` with `recursive`, which
 * reports a full and a read-only disk as ENOENT.
 *
 * @throws what the system says, e.g. ENOSPC; EEXIST where something else has the name
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) {
      await makeFolder(dirname(path));
      return await makeFolder(path);
    }
    // A read-only file system says EROFS of what is there as well.
    if (!(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
