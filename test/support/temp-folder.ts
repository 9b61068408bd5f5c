import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

/** Makes an empty folder that is gone after the last test of the file. */
export async function tempFolder(name = 'test'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `sluice-${name}-`));
  folders.push(folder);
  return folder;
}

// Outside of a test file, as in the global set-up, whoever made the folder removes it.
if (typeof afterAll === 'function') {
  afterAll(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
}
