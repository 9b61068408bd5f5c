import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findReasonToSkip, holdsDeletions } from './classify-name.ts';

/** `Patient-10` comes after `Patient-9`: versions of one resource may be in both. */
const byNumbers = new Intl.Collator('en', { numeric: true });

function sortNames(names: readonly string[]): string[] {
  const isFirst = (name: string) => /^(?:hospital|practitioner)Information/.test(name);
  return names.toSorted(
    (a, b) => Number(isFirst(b)) - Number(isFirst(a)) || byNumbers.compare(a, b),
  );
}

/** What `walkFolder` meets. */
export interface FolderVisitor {
  onFile: (file: { path: string; bytes: number }) => void;
  onSkipped: (path: string, reason: string) => void;
  /** Something cannot be looked at: no permission, a link to nothing. */
  onFault: (path: string, error: unknown) => void;
}

/**
 * Finds the files to load in a folder and the folders inside it, sorted by name, files before folders, and before them Synthea's of the people
 * and places of care, which the others search for; those in folders
 * named `deleted` come last. A folder that links lead to again is walked once.
 */
export async function walkFolder(root: string, visitor: FolderVisitor): Promise<void> {
  const seen = new Set<string>();
  const late: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const real = await realpath(folder);
    if (seen.has(real)) return;
    seen.add(real);
    const folders: string[] = [];
    for (const name of sortNames(await readdir(folder))) {
      const path = join(folder, name);
      try {
        const status = await stat(path);
        const reason = findReasonToSkip(name, status.isDirectory() ? 'folder' : 'file');
        if (reason !== undefined) visitor.onSkipped(path, reason);
        else if (status.isDirectory()) (holdsDeletions(name) ? late : folders).push(path);
        else if (status.isFile()) visitor.onFile({ path, bytes: status.size });
        else visitor.onSkipped(path, 'not a file');
      } catch (error) {
        visitor.onFault(path, error);
      }
    }
    await walkAll(folders);
  };
  const walkAll = async (folders: Iterable<string>): Promise<void> => {
    for (const folder of folders) {
      try {
        await walk(folder);
      } catch (error) {
        visitor.onFault(folder, error);
      }
    }
  };
  await walk(root);
  // Deletions in deletions are added to the list while it is walked.
  await walkAll(late);
}
