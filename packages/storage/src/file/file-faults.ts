import { StorageError } from '../errors.ts';

/** The result, or a StorageError that says what is the matter with `what`. */
export async function told<T>(what: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toStorageError(what, error);
  }
}

/** The result, or `undefined` when there is no such file. */
export async function ifPresent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const fault = toStorageError('file', error);
    if (fault.code === 'not-found') return undefined;
    throw fault;
  }
}

export function toStorageError(what: string, cause: unknown): StorageError {
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new StorageError('not-found', `${what} is not there`, { cause });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StorageError('denied', `the file system refuses access to ${what}`, { cause });
    case 'ENOSPC':
    case 'EDQUOT':
      return new StorageError('full', `no space is left to write ${what}`, { cause });
    default:
      return new StorageError('unavailable', `${what}: ${message}`, { cause });
  }
}
