import { StorageError, type StorageErrorCode } from '../errors.ts';

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
  const { code: errno = 'fault' } = cause as NodeJS.ErrnoException;
  const [code, verb, advice] = causes[errno] ?? others;
  return new StorageError(code, `file storage ${verb} "${what}" (${errno}): ${advice}`, { cause });
}

type Cause = readonly [StorageErrorCode, verb: string, advice: string];

const others: Cause = ['unavailable', 'fails at', 'it is tried again'];

const notAFolder: Cause = ['not-found', 'has no place for', 'FILE_STORAGE_DIR has to be a folder'];
const noPermission: Cause = [
  'denied',
  'refuses',
  'let the user of this process read and write FILE_STORAGE_DIR',
];
const wrongPath: Cause = [
  'misconfigured',
  'has no place for',
  'the path of FILE_STORAGE_DIR cannot be followed; check it and its symbolic links',
];
const diskError: Cause = ['unavailable', 'fails at', 'the disk reports an error; check it'];
const networkError: Cause = [
  'unavailable',
  'does not answer for',
  'the server of the network file system is away; it is tried again',
];

/** What each errno means and what to do about it; one that is not here is tried again. */
const causes: Readonly<Record<string, Cause>> = {
  ENOENT: ['not-found', 'does not find', 'another program has removed it or its folder'],
  ENOTDIR: notAFolder,
  EEXIST: notAFolder,
  EACCES: noPermission,
  EPERM: noPermission,
  EROFS: [
    'denied',
    'refuses',
    'its file system is read-only; mount it for writing, and check the disk if nobody made it so',
  ],
  ENOSPC: ['full', 'has no room for', 'free some, of bytes or of inodes'],
  EDQUOT: ['full', 'has no room for', 'the quota is used up; raise it or free some'],
  EFBIG: [
    'misconfigured',
    'takes no file as large as',
    'lower MAX_FILE_BYTES, or raise the limit of the process or of the file system',
  ],
  ELOOP: wrongPath,
  ENAMETOOLONG: wrongPath,
  EMFILE: [
    'unavailable',
    'cannot open',
    'the process has too many files open; raise its limit (ulimit -n)',
  ],
  ENFILE: ['unavailable', 'cannot open', 'the machine has too many files open; raise its limit'],
  ENOMEM: ['unavailable', 'fails at', 'the machine is out of memory; it is tried again'],
  EIO: diskError,
  ENXIO: diskError,
  ENODEV: diskError,
  ESTALE: networkError,
  ETIMEDOUT: networkError,
  EHOSTUNREACH: networkError,
  ENOTCONN: networkError,
};
