import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { toStorageError } from './file-faults.ts';
import { makeFolder } from './make-folder.ts';

describe('each errno is reported by its own cause', () => {
  test.each([
    ['ENOENT', 'not-found', 'another program has removed it'],
    ['ENOTDIR', 'not-found', 'FILE_STORAGE_DIR has to be a folder'],
    ['EEXIST', 'not-found', 'FILE_STORAGE_DIR has to be a folder'],
    ['EACCES', 'denied', 'let the user of this process read and write'],
    ['EPERM', 'denied', 'let the user of this process read and write'],
    ['EROFS', 'denied', 'its file system is read-only'],
    ['ENOSPC', 'full', 'free some'],
    ['EDQUOT', 'full', 'quota'],
    ['EFBIG', 'misconfigured', 'MAX_FILE_BYTES'],
    ['ELOOP', 'misconfigured', 'symbolic links'],
    ['ENAMETOOLONG', 'misconfigured', 'path of FILE_STORAGE_DIR'],
    ['EMFILE', 'unavailable', 'ulimit -n'],
    ['ENFILE', 'unavailable', 'the machine has too many files open'],
    ['ENOMEM', 'unavailable', 'out of memory'],
    ['EIO', 'unavailable', 'the disk reports an error'],
    ['ENXIO', 'unavailable', 'the disk reports an error'],
    ['ENODEV', 'unavailable', 'the disk reports an error'],
    ['ESTALE', 'unavailable', 'network file system'],
    ['ETIMEDOUT', 'unavailable', 'network file system'],
    ['EHOSTUNREACH', 'unavailable', 'network file system'],
    ['ENOTCONN', 'unavailable', 'network file system'],
    ['EBUSY', 'unavailable', 'it is tried again'],
  ])('%s: %s, with what to do', (errno, code, advice) => {
    expect(Object.keys(constants.errno)).toContain(errno);
    const path = '/srv/secret/place';
    const cause = Object.assign(new Error(`${errno}: open '${path}'`), { code: errno, path });
    const fault = toStorageError('folder/Patient-1-1.ndjson', cause);
    expect(fault).toMatchObject({ code, cause, transient: code === 'unavailable' });
    expect(fault.message).toContain(`"folder/Patient-1-1.ndjson" (${errno}): `);
    expect(fault.message).toContain(advice);
    expect(fault.message).not.toContain(path);
  });
});

describe('makeFolder', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sluice-folders-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  test('makes what is missing above, and is harmless the second time', async () => {
    const path = join(root, 'a', 'b', 'c');
    await makeFolder(path);
    await makeFolder(path);
    await Promise.all([makeFolder(join(root, 'd', 'e')), makeFolder(join(root, 'd', 'e'))]);
    expect((await stat(path)).isDirectory()).toBe(true);
    expect(await readdir(root)).toEqual(['a', 'd']);
  });

  test('says what is wrong where a file has the name, or one of those above', async () => {
    const path = join(root, 'file');
    await writeFile(path, '');
    await expect(makeFolder(path)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(join(path, 'below'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
