import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync, statSync, type Stats } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Whom a server runs as, where that is not whoever runs us. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody`, on every system we run on. */
const nobody: ServerUser = { uid: 65534, gid: 65534 };

/** Postgres refuses to run as root; for everybody else there is no other user. */
export function serverUser(): ServerUser | undefined {
  return process.getuid?.() === 0 ? nobody : undefined;
}

/** Whether the user gets as far as the contents of a folder: every folder above must let it pass. */
export function canEnter(folder: string, user: ServerUser): boolean {
  for (let path = realpathSync(folder); ; path = dirname(path)) {
    if (!passes(statSync(path), user)) return false;
    if (path === dirname(path)) return true;
  }
}

function passes({ mode, uid, gid }: Stats, user: ServerUser): boolean {
  if (uid === user.uid) return (mode & 0o100) !== 0;
  if (gid === user.gid) return (mode & 0o010) !== 0;
  return (mode & 0o001) !== 0;
}

/**
 * A folder of ours under the temporary folder, which the server's user can enter. Its name can be
 * guessed, so one that somebody else made is refused.
 */
export function sharedFolder(name: string): string {
  const uid = process.getuid?.() ?? 0;
  const bases = [tmpdir(), '/var/tmp', '/tmp'];
  const base = bases.find((path) => canEnter(path, serverUser() ?? { uid, gid: -1 }));
  if (base === undefined)
    throw new Error('No temporary folder can be entered by the database user');
  const path = join(realpathSync(base), `sluice-${uid}-${name}`);
  mkdirSync(path, { recursive: true, mode: 0o755 });
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== uid) {
    throw new Error(`${path} belongs to somebody else; remove it`);
  }
  return path;
}

/** A short name that stands for a path. */
export function hashOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16);
}
