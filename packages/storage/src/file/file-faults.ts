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

/** @param what a key or a folder: messages are told to clients, so no path of this machine is in them */
export function toStorageError(what: string, cause: unknown): StorageError {
  const { code = 'fault' } = cause as NodeJS.ErrnoException;
  const at = `"${what}" (${code})`;
  switch (code) {
    case 'ENOENT':
      return new StorageError(
        'not-found',
        `file storage does not find ${at}: another program has removed it or its folder`,
        { cause },
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new StorageError(
        'not-found',
        `file storage has no place for ${at}: FILE_STORAGE_DIR has to be a folder`,
        { cause },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StorageError(
        'denied',
        `file storage refuses ${at}: let the user of this process read and write FILE_STORAGE_DIR`,
        { cause },
      );
    case 'ENOSPC':
    case 'EDQUOT':
      return new StorageError('full', `file storage has no room for ${at}: free some`, { cause });
    default:
      return new StorageError('unavailable', `file storage fails at ${at}: it is tried again`, {
        cause,
      });
  }
}
