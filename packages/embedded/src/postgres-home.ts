import { chownSync, existsSync, mkdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { endOrphan } from './postgres-orphan.ts';
import { canEnter, hashOf, serverUser, sharedFolder, type ServerUser } from './server-user.ts';

/** Where the cluster of a data directory lies, and who owns and runs it. */
export interface PostgresHome {
  readonly folder: string;
  readonly user: ServerUser | undefined;
}

const noteName = 'postgres-location.txt';

/** Makes the data directory if need be and resolves it; others may pass through, not look in. */
export function makeDataDir(dataDir: string): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  return realpathSync(dataDir);
}

/**
 * Finds the place of the cluster: inside the data directory, or, where we are root and the user who
 * runs Postgres cannot get there, under the temporary folder with a note of it in the data directory.
 */
export async function findPostgresHome(dataDir: string): Promise<PostgresHome> {
  const note = join(dataDir, noteName);
  const inside = join(dataDir, 'postgres');
  const noted = existsSync(note) ? (readFileSync(note, 'utf8').split('\n')[0] ?? '') : '';
  const owner = ownerOf(noted === '' ? inside : noted);
  const user = owner ?? serverUser();
  if (noted === '' && (user === undefined || canEnter(dataDir, user)))
    return { folder: inside, user };
  // Asked for also when noted: it checks whose the folder is, and makes it again after a clean-up.
  const folder = join(sharedFolder(hashOf(dataDir)), 'postgres');
  if (noted !== '' && existsSync(noted)) return { folder: noted, user };
  // Without a note the data directory is a new one: the cluster of one that was deleted is not its.
  if (noted === '') {
    await endOrphan(folder);
    await rm(folder, { recursive: true, force: true });
  }
  const reason = 'The database user cannot enter this folder; the database is in the one above.';
  await writeFile(note, `${folder}\n${reason}\n`);
  return { folder, user };
}

/** A cluster that exists is run by its owner. */
function ownerOf(folder: string): ServerUser | undefined {
  const found = statSync(folder, { throwIfNoEntry: false });
  const uid = process.getuid?.();
  if (found === undefined || uid === undefined || found.uid === uid) return undefined;
  if (uid === 0) return { uid: found.uid, gid: found.gid };
  throw new Error(
    `${folder} belongs to another user (uid ${found.uid}); use another data directory`,
  );
}

/** Makes an empty folder that belongs to the user. */
export function makeFolderOf(user: ServerUser | undefined, folder: string): void {
  mkdirSync(folder, { mode: 0o700 });
  if (user) chownSync(folder, user.uid, user.gid);
}

/** Removes a data directory, and its cluster where that lies elsewhere. Nothing may run in it. */
export async function removeDataDir(dataDir: string): Promise<void> {
  const note = join(dataDir, noteName);
  const noted = existsSync(note) ? (readFileSync(note, 'utf8').split('\n')[0] ?? '') : '';
  if (/\/sluice-\d+-[0-9a-f]{16}\/postgres$/.test(noted)) {
    await rm(dirname(noted), { recursive: true, force: true });
  }
  await rm(dataDir, { recursive: true, force: true });
}
