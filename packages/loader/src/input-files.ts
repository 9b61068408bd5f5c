import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GzipError } from './inflate.ts';
import type { LoadProblem } from './load-problem.ts';

/** A file to load and its size on disk. */
export interface InputFile {
  path: string;
  bytes: number;
}

const loadableName = /\.(nd)?json(\.gz)?$/i;
/** What bulk data clients put beside the files they download; it is no resource. */
const manifestName = /^manifest\.json$/i;

/**
 * Resolves paths to files: a file stands for itself whatever its name, a folder for the NDJSON and JSON files in it, sorted by
 * name, without those of folders inside it.
 */
export async function findInputFiles(
  paths: readonly string[],
  onProblem: (problem: LoadProblem) => void,
): Promise<InputFile[]> {
  const files: InputFile[] = [];
  for (const path of paths) {
    const found = await findFiles(path);
    if (typeof found === 'string') {
      onProblem({ file: path, line: undefined, message: found });
    } else {
      files.push(...found);
    }
  }
  return files;
}

async function findFiles(path: string): Promise<InputFile[] | string> {
  try {
    const status = await stat(path);
    if (!status.isDirectory()) {
      return [{ path, bytes: status.size }];
    }
    const names = (await readdir(path)).filter(
      (name) => loadableName.test(name) && !manifestName.test(name) && !name.startsWith('.'),
    );
    const files: InputFile[] = [];
    for (const name of names.sort()) {
      const file = join(path, name);
      const fileStatus = await stat(file);
      if (fileStatus.isFile()) {
        files.push({ path: file, bytes: fileStatus.size });
      }
    }
    return files.length > 0 ? files : 'no .ndjson or .json files in this folder';
  } catch (error) {
    return describeFileError(error);
  }
}

/** Says in words why a file cannot be read to its end; `undefined` if that is not what went wrong. */
export function describeReadError(error: unknown): string | undefined {
  if (error instanceof GzipError) return error.message;
  const isOfSystem = typeof error === 'object' && error !== null && 'syscall' in error;
  return isOfSystem ? describeFileError(error) : undefined;
}

function describeFileError(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
  switch (code) {
    case 'ENOENT':
      return 'no such file or folder';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read it';
    default:
      return `it cannot be read (${String(code || error)})`;
  }
}
