import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';

/** The secret kept in a file only its owner can read; made at the first call. */
export async function readSecret(path: string): Promise<{ secret: string; isNew: boolean }> {
  if (existsSync(path)) {
    const secret = (await readFile(path, 'utf8')).trim();
    if (secret !== '') return { secret, isNew: false };
  }
  const secret = randomBytes(24).toString('hex');
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, `${secret}\n`, { mode: 0o600 });
  await rename(unfinished, path);
  return { secret, isNew: true };
}
